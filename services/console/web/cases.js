// The table of cases: filters in the address, pages by cursor, asked again while cases move (the first page only).
import { html, useState, useEffect, useRef } from './preact-htm.js';
import { get } from './api.js';
import { t, stage, value, money, shortMoment, distance } from './format.js';

const stageNames = ['open', 'registered', 'visit', 'investigation', 'review', 'approval', 'customer', 'payment', 'satisfaction', 'closed'];
const PAGE = 30;

function query(address, cursor) {
  const q = new URLSearchParams({ limit: PAGE });
  for (const name of ['status', 'outlet', 'q', 'overdue', 'channel']) if (address[name]) q.set(name, address[name]);
  if (cursor) q.set('cursor', cursor);
  return `/v1/cases?${q}`;
}

// First page kept fresh; further pages stay as they were read.
function useCases(address, changed) {
  const [list, set] = useState({ items: null, next: null, more: [] });
  const asked = useRef(0);
  const filter = query(address);
  useEffect(() => {
    set({ items: null, next: null, more: [] });
    asked.current = 0;
  }, [filter]);
  useEffect(() => {
    const wait = Math.max(0, 2000 - (performance.now() - asked.current));
    let stopped = false;
    const timer = setTimeout(async () => {
      asked.current = performance.now();
      try {
        const page = await get(filter);
        if (!stopped) set((old) => (old.more.length ? { ...old, items: page.items } : { ...old, items: page.items, next: page.next }));
      } catch { /* the board says that the console does not answer */ }
    }, asked.current ? wait : 0);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [filter, Math.floor(changed / 5)]);
  const more = async () => {
    const page = await get(query(address, list.next));
    set((old) => ({ ...old, more: [...old.more, ...page.items], next: page.next }));
  };
  return [list, more];
}

function Next({ row, now }) {
  if (row.stage === 'closed') return html`<span class="quiet">${value(row.outcome)}</span>`;
  if (row.late_due_ms) return html`<span class="bad">${value(row.late_code)} · ${distance(row.late_due_ms, now, 1)}</span>`;
  if (!row.next_due_ms) return html`<span class="quiet">—</span>`;
  const left = row.next_due_ms - now;
  const tone = left < 0 ? 'bad' : left < 4 * 3600000 ? 'warn' : '';
  return html`<span class=${tone}>${value(row.next_code)} · ${distance(row.next_due_ms, now, 1)}</span>`;
}

function Filters({ address, go }) {
  const [q, setQ] = useState(address.q ?? '');
  const timer = useRef(0);
  useEffect(() => setQ(address.q ?? ''), [address.q]);
  const type = (text) => {
    setQ(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go({ q: text }), 350);
  };
  const any = address.status || address.q || address.outlet || address.overdue;
  return html`<form class="filters" role="search" onSubmit=${(e) => { e.preventDefault(); go({ q }); }}>
    <label>${t('stage')}<select value=${address.status ?? ''} onChange=${(e) => go({ status: e.target.value })}>
      <option value="">${t('all_stages')}</option>
      ${stageNames.map((s) => html`<option key=${s} value=${s} selected=${address.status === s}>${s === 'open' ? t('all_open') : stage(s)}</option>`)}
    </select></label>
    <label class="wide"><span class="hidden">${t('search')}</span><input type="search" value=${q} placeholder=${t('search')} onInput=${(e) => type(e.target.value)} /></label>
    ${address.outlet && html`<span class="pill">${t('outlet')} ${address.outlet} <button type="button" class="plain" aria-label=${t('clear')} onClick=${() => go({ outlet: '' })}>×</button></span>`}
    <label class="check"><input type="checkbox" checked=${!!address.overdue} onChange=${(e) => go({ overdue: e.target.checked ? 'true' : '' })} />${t('only_overdue')}</label>
    ${any && html`<button type="button" class="plain" onClick=${() => go({ status: '', q: '', outlet: '', overdue: '' })}>${t('clear')}</button>`}
  </form>`;
}

export function CaseTable({ address, go, clock, onCase, total, changed }) {
  const [list, more] = useCases(address, changed);
  const seen = new Set();
  const rows = [...(list.items ?? []), ...list.more].filter((r) => !seen.has(r.case_id) && seen.add(r.case_id));
  const now = clock?.now_ms ?? 0;
  return html`<section class="card cases" id="cases" tabindex="-1" aria-labelledby="cases-title">
    <div class="head"><h2 id="cases-title">${t('cases')}</h2><${Filters} address=${address} go=${go} /></div>
    <div class="scroll"><table>
      <thead><tr><th scope="col">${t('case')}</th><th scope="col">${t('customer')}</th><th scope="col">${t('category')}</th>
        <th scope="col">${t('stage')}</th><th scope="col">${t('unit')}</th><th scope="col" class="number">${t('amount')}</th>
        <th scope="col">${t('next')}</th><th scope="col">${t('received')}</th></tr></thead>
      <tbody>${rows.map((r) => html`<tr key=${r.case_id} class=${address.case === r.case_no ? 'chosen' : ''}>
        <th scope="row"><button class="link" onClick=${() => onCase(r.case_no ?? String(r.case_id))}>${r.case_no ?? r.case_id}</button>
          ${r.missed > 0 && html`<span class="mark bad" title=${t('missed')}>${r.missed}</span>`}
          ${r.takeovers > 0 && html`<span class="mark warn" title=${t('takeovers')}>↑${r.takeovers}</span>`}</th>
        <td>${r.customer ?? '—'}</td>
        <td>${value(r.category)} <span class="quiet">${value(r.kind)}</span></td>
        <td><span class=${`tag ${r.stage}`}>${stage(r.stage)}</span></td>
        <td>${r.org_id ? html`<button class="link soft" onClick=${() => go({ outlet: r.org_id })}>${r.org_name}</button>` : '—'} <span class="quiet">${r.handler_name}</span></td>
        <td class="number">${money(r.claimed_minor, r.currency)}</td>
        <td class="nowrap"><${Next} row=${r} now=${now} /></td>
        <td class="quiet nowrap">${shortMoment(r.received_ms ?? r.opened_ms)}</td>
      </tr>`)}</tbody></table></div>
    ${list.items && rows.length === 0 && html`<p class="quiet empty">${total ? t('none') : t('empty')}</p>`}
    ${list.next && html`<button class="more" onClick=${more}>${t('more')}</button>`}
  </section>`;
}
