// What an onlooker sees first: the clock, the figures, cases moving through the stages, events arriving, services.
import { html } from './preact-htm.js';
import { t, stage, service, named, count, compact, money, moment, sentence, who, shortMoment } from './format.js';

const order = ['registered', 'visit', 'investigation', 'review', 'approval', 'customer', 'payment', 'satisfaction', 'closed'];

export function Header({ clock, status, onLanguage, onLeave }) {
  const down = status ? status.services.filter((s) => !s.ready) : [];
  return html`<header class="top">
      <h1><img src="/icon.svg" alt="" width="24" height="24" />${t('product')}</h1>
      <span class="quiet tagline">${t('tagline')}</span>
      <span class="grow"></span>
      ${status && html`<a href="#services" class=${down.length ? 'pill bad' : 'pill good'}>
        ${t('services')} ${status.services.length - down.length}/${status.services.length}</a>`}
      ${clock && html`<span class="pill" title=${t('now')}>${moment(clock.now_ms)}</span>`}
      <button class="plain" onClick=${onLanguage}>${t('language')}</button>
      <button class="plain" onClick=${onLeave}>${t('sign_out')}</button>
    </header>
    ${clock?.driven && html`<p class="banner drill" role="status">
      <strong>${t('drill')} ${count(clock.scale)}×</strong> ${t('drill_says')} <span class="quiet">· ${moment(clock.now_ms)}</span></p>`}`;
}

function Figure({ name, number, note, tone }) {
  return html`<div class=${`figure ${tone && number ? tone : ''}`}><dt>${name}</dt><dd>${compact(number)}${note && html`<small>${note}</small>`}</dd></div>`;
}

function Minutes({ minutes }) {
  const now = Math.floor(Date.now() / 60000);
  const by = new Map(minutes.map((m) => [Math.floor(m.at_ms / 60000), m]));
  const row = Array.from({ length: 30 }, (_, i) => by.get(now - 29 + i)?.events ?? 0);
  const most = Math.max(1, ...row);
  return html`<figure class="figure minutes"><figcaption>${t('per_minute')}</figcaption>
    <svg viewBox="0 0 120 26" preserveAspectRatio="none" role="img" aria-label=${`${t('per_minute')}: ${row.slice(-5).map(count).join(', ')}`}>
      ${row.map((n, i) => html`<rect x=${i * 4} width="3" y=${26 - Math.max(n ? 1.5 : 0.5, (25 * n) / most)} height=${Math.max(n ? 1.5 : 0.5, (25 * n) / most)} />`)}
    </svg><span>${count(Math.max(row[28], row[29]))} <small>${t('rate')}</small></span></figure>`;
}

export function Figures({ board }) {
  const { totals } = board;
  const open = order.slice(0, -1).reduce((sum, s) => sum + (board.stages[s] ?? 0), 0);
  const answered = totals.met + totals.missed;
  const paid = board.paid[0];
  return html`<section class="figures" aria-label=${t('board')}><dl>
      <${Figure} name=${t('open')} number=${open} />
      <${Figure} name=${t('overdue')} number=${board.overdue} tone="bad" />
      <${Figure} name=${t('missed')} number=${totals.missed} note=${answered ? `${Math.round((100 * totals.met) / answered)} % ${t('on_time').toLowerCase()}` : ''} />
      <${Figure} name=${t('slips')} number=${totals.slips} tone="warn" />
      <${Figure} name=${t('takeovers')} number=${totals.takeovers} tone="warn" />
      <${Figure} name=${t('payouts')} number=${totals.payouts} note=${paid ? money(paid.amount_minor, paid.currency) + (board.paid.length > 1 ? ' +' : '') : ''} />
      <${Figure} name=${t('closed')} number=${board.stages.closed ?? 0} />
    </dl><${Minutes} minutes=${board.minutes} /></section>`;
}

export function Stages({ board, chips, filter, onStage, onCase }) {
  const most = Math.max(1, ...order.slice(0, -1).map((s) => board.stages[s] ?? 0));
  return html`<section class="stages" aria-label=${t('board')}><ol>
    ${order.map((s) => {
      const n = board.stages[s] ?? 0;
      const share = Math.min(100, (100 * n) / most);
      return html`<li key=${s} class=${filter === s ? 'chosen' : ''}>
        <button class="stage" aria-pressed=${filter === s} onClick=${() => onStage(s)}>
          <span>${stage(s)}</span><strong>${compact(n)}</strong>
          <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="3" /><rect width=${share} height="3" /></svg>
        </button>
        <ul>${(chips[s] ?? []).map((c) => html`<li key=${c.case_id}><button class="chip" onClick=${() => onCase(c.case_no ?? String(c.case_id))}>${c.case_no ?? c.case_id}</button></li>`)}</ul>
      </li>`;
    })}</ol></section>`;
}

export function Feed({ live, onCase }) {
  return html`<section class="card feed" aria-labelledby="feed-title">
    <h2 id="feed-title"><span class=${live.connected ? 'dot on' : 'dot'}></span>${live.connected ? t('live') : t('paused')}</h2>
    <ol aria-live="off">${live.entries.map((e) => {
      const [text, tone] = sentence(e);
      return html`<li key=${e.n} class=${tone}>
        <button class="row" onClick=${() => onCase(e.case_no ?? String(e.case_id))}>
          <time datetime=${new Date(e.at_ms).toISOString()}>${shortMoment(e.at_ms)}</time>
          <span class="no">${e.case_no ?? (e.case_id || '')}</span>
          <span class="what">${who(e) && html`<b>${who(e)}</b> `}${text}</span>
        </button></li>`;
    })}</ol>
    ${live.skipped > 0 && html`<p class="quiet">+${count(live.skipped)} ${t('skipped')}</p>`}
  </section>`;
}

export function Services({ status, parked }) {
  if (!status) return null;
  return html`<section class="card" id="services" aria-labelledby="services-title">
    <h2 id="services-title">${t('services')}</h2>
    <table class="plain"><tbody>${status.services.map((s) => html`<tr key=${s.name}>
      <th scope="row"><span class=${s.ready ? 'dot on' : 'dot off'}></span>${service(s.name)}</th>
      <td>${s.ready ? t('ready') : html`<span class="bad" title=${s.detail ?? ''}>${t('not_ready')}</span>`}</td>
      <td class="number">${s.lag ? `${compact(s.lag)} ${t('lag')}` : ''}</td>
      <td class="number">${s.commit_ms ? `${s.commit_ms.toFixed(1)} ms` : ''}</td>
    </tr>`)}</tbody></table>
    ${parked > 0 && html`<p class="warn">${count(parked)} ${t('parked')} — redressctl dlq list</p>`}
  </section>`;
}

// What the bank's statement and our payouts disagree about: work items, each with the one who sees to it (PA-3).
export function Statement({ report, onCase }) {
  if (!report) return null;
  const { last, open, items } = report;
  return html`<section class="card" id="statement" aria-labelledby="statement-title">
    <h2 id="statement-title">${t('statement')}</h2>
    <p class="quiet">${last ? `${last.day}: ${count(last.matched)} ${t('matched')}` : t('never_compared')}</p>
    ${items.length > 0 && html`<table class="plain"><tbody>${items.map((i) => html`<tr key=${`${i.kind} ${i.key} ${i.found_ms}`}>
      <th scope="row"><span class="dot off"></span>${t(`item_${i.kind}`)}</th>
      <td>${i.case_id ? html`<button class="plain" onClick=${() => onCase(String(i.case_id))}>${i.key}</button>` : i.key}
        ${i.kind !== 'unreadable' && html`<small class="quiet"> ${money(i.ours_minor, i.currency)} / ${money(i.theirs_minor, i.currency)}</small>`}</td>
      <td>${i.owner_id ? named(i.owner_id) : t('nobody')}</td>
      <td class="number"><time datetime=${new Date(i.found_ms).toISOString()}>${shortMoment(i.found_ms)}</time></td>
    </tr>`)}</tbody></table>`}
    ${open > 0 && html`<p class="warn">${count(open)} ${t('work_items')} — redressctl ledger reconciliation</p>`}
  </section>`;
}
