// One case: its facts, limits with the time left on the installation's clock, slips, payouts, and what happened.
import { html, useState, useEffect, useRef } from './preact-htm.js';
import { get } from './api.js';
import { t, stage, value, money, moment, shortMoment, duration, distance, sentence, who, count, channel, named } from './format.js';

function Limit({ limit, now }) {
  const from = limit.start_ms;
  const whole = Math.max(1, limit.due_ms - from);
  const until = limit.ended_ms ?? now;
  const used = Math.min(100, Math.max(0, (100 * (until - from)) / whole));
  const late = limit.state === 'missed' || (limit.state === 'armed' && now > limit.due_ms);
  let says;
  if (limit.state === 'met') says = t('met');
  else if (limit.state === 'cancelled') says = t('cancelled');
  else if (limit.state === 'annulled') says = t('annulled');
  else if (limit.state === 'paused') says = t('paused_limit');
  else if (late) says = limit.ended_ms ? `${t('missed_by')} ${duration(limit.ended_ms - limit.due_ms)}` : distance(limit.due_ms, now);
  else says = distance(limit.due_ms, now);
  const tone = late ? 'bad' : limit.state === 'met' || limit.state === 'annulled' ? 'good' : limit.warned_ms && limit.state === 'armed' ? 'warn' : limit.state === 'armed' ? '' : 'dim';
  return html`<li class=${`limit ${tone}`}>
    <span class="name">${value(limit.code)}</span><span class="says">${says}</span>
    <svg viewBox="0 0 100 4" preserveAspectRatio="none" role="presentation"><rect class="track" width="100" height="4" /><rect width=${used} height="4" /></svg>
    <span class="quiet due">${shortMoment(limit.start_ms)} → ${shortMoment(limit.due_ms)}</span></li>`;
}

function Fact({ name, children }) {
  return children == null || children === '' ? null : html`<div><dt>${name}</dt><dd>${children}</dd></div>`;
}

function useCase(reference, changed) {
  const [state, set] = useState({ data: null, entries: [], missing: false });
  const relevant = state.data ? changed.find((e) => e.case_id === state.data.case_id)?.n : 0;
  useEffect(() => {
    let stopped = false;
    (async () => {
      try {
        const [data, timeline] = await Promise.all([get(`/v1/cases/${encodeURIComponent(reference)}`), get(`/v1/cases/${encodeURIComponent(reference)}/timeline?limit=500`)]);
        if (!stopped) set({ data, entries: timeline.items, missing: false });
      } catch (e) {
        if (!stopped) set((old) => ({ ...old, missing: e.status === 404 }));
      }
    })();
    return () => { stopped = true; };
  }, [reference, relevant]);
  return state;
}

function Timeline({ entries }) {
  let day = '';
  return html`<ol class="timeline">${entries.map((e) => {
    const [text, tone] = sentence(e);
    const stamp = moment(e.at_ms);
    const same = stamp === day;
    day = stamp;
    const detail = e.data?.comment ?? e.data?.detail ?? e.data?.note ?? '';
    return html`<li key=${e.n} class=${`${tone} ${e.service === 'sla' ? 'minor' : ''}`}>
      <time datetime=${new Date(e.at_ms).toISOString()}>${same ? '' : stamp}</time>
      <div><span class="what">${text}</span>${detail && html` <span class="quiet">“${detail}”</span>`}
        <div class="quiet">${who(e) || t('system')} · <span title=${e.cause ?? ''}>${e.id}</span></div></div></li>`;
  })}</ol>`;
}

export function CasePanel({ reference, clock, onClose, changed }) {
  const { data, entries, missing } = useCase(reference, changed);
  const dialog = useRef(null);
  const now = clock?.now_ms ?? 0;
  useEffect(() => {
    if (!dialog.current.open) dialog.current.showModal();
  }, []);
  const c = data;
  return html`<dialog class="panel" ref=${dialog} aria-labelledby="case-title" onClose=${onClose} onClick=${(e) => e.target === dialog.current && dialog.current.close()}>
    <div class="inside">
    <header><h2 id="case-title">${c?.case_no ?? reference}</h2>
      ${c && html`<span class=${`tag ${c.stage}`}>${stage(c.stage)}</span>`}
      ${c?.outcome && html`<span class="quiet">${value(c.outcome)}</span>`}
      <span class="grow"></span><button class="plain" onClick=${() => dialog.current.close()}>${t('close')} ✕</button></header>
    ${missing && html`<p class="quiet">${t('none')}</p>`}
    ${c && html`
      ${c.parked > 0 && html`<p class="warn">${count(c.parked)} ${t('kept_parked')}</p>`}
      <section aria-label=${t('facts')}><dl class="facts">
        <${Fact} name=${t('customer')}>${[c.customer, c.phone].filter(Boolean).join(' · ')}<//>
        <${Fact} name=${t('category')}>${value(c.category)} · ${value(c.kind)} · ${value(c.phase)} · ${value(c.severity)}<//>
        <${Fact} name=${t('unit')}>${c.org_name ? `${c.org_name} (${value(c.level)})` : null}<//>
        <${Fact} name=${t('handler')}>${c.handler_name}<//>
        <${Fact} name=${t('amount')}>${c.claimed_minor != null ? money(c.claimed_minor, c.currency) : null}<//>
        <${Fact} name=${t('planned')}>${c.planned_minor != null ? money(c.planned_minor, c.plan?.currency ?? c.currency) : null}<//>
        <${Fact} name=${t('paid')}>${c.paid_minor != null ? money(c.paid_minor, c.currency) : null}<//>
        <${Fact} name=${t('received')}>${moment(c.received_ms)}${c.history ? ` · ${t('history')}` : ''}<//>
        <${Fact} name=${t('channel')}>${[channel(c.channel), c.external_ref].filter(Boolean).join(' · ')}<//>
        <${Fact} name=${t('contract')}>${c.contract_no}<//>
        <${Fact} name=${t('region')}>${c.region}<//>
        <${Fact} name=${t('finding')}>${c.finding ? `${value(c.finding.cause)} · ${value(c.finding.liability)}` : null}<//>
        <${Fact} name=${t('plan')}>${c.plan ? `${c.plan.measures.map((m) => value(m.kind)).join(', ')} · ${money(c.plan.amount_minor, c.plan.currency)}` : null}<//>
      </dl>
      ${c.description && html`<blockquote aria-label=${t('description')}>${c.description}</blockquote>`}</section>
      <div class="columns">
        <section><h3>${t('limits')}</h3><ul class="limits">${c.limits.map((l) => html`<${Limit} key=${l.code} limit=${l} now=${now} />`)}</ul>
          ${c.slip_list.length > 0 && html`<h3>${t('slip_list')}</h3><ul class="lines">${c.slip_list.map((s) => html`<li key=${s.slip_no}>
            <b>${s.slip_no}</b> ${value(s.code)} ${t('to')} ${named(s.to_person)} <span class="quiet">${s.withdrawn_ms ? t('withdrawn') : shortMoment(s.issued_ms)}</span></li>`)}</ul>`}
          ${c.payouts.length > 0 && html`<h3>${t('payout_list')}</h3><ul class="lines">${c.payouts.map((p) => html`<li key=${p.payout_no}>
            <b>${money(p.amount_minor, p.currency)}</b> ${value(p.state)} <span class="quiet">${[p.payee, p.voucher_no, p.reason].filter(Boolean).join(' · ')}</span></li>`)}</ul>`}
          ${c.notices.length > 0 && html`<h3>${t('notice_list')}</h3><ul class="lines">${c.notices.map((n) => html`<li key=${n.id}>
            ${n.title} <span class="quiet">${[n.result ? value(n.result) : t('undelivered'), n.how, n.reason].filter(Boolean).join(' · ')}</span></li>`)}</ul>`}
        </section>
        <section><h3>${t('timeline')}</h3><${Timeline} entries=${entries} /></section>
      </div>`}
    </div></dialog>`;
}
