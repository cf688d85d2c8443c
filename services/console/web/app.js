// The page: one state, a live stream, a board that is asked every two seconds, lists on demand. Filters and the open case
// live in the address, so every view can be sent to a colleague.
import { html, render, useState, useEffect, useRef } from './preact-htm.js';
import { get, signOut, stream, Problem } from './api.js';
import { t, language, setLanguage, learnNames } from './format.js';
import { Header, Figures, Stages, Feed, Services, Statement } from './board.js';
import { CaseTable } from './cases.js';
import { CasePanel } from './case.js';

const FEED_LENGTH = 60;
const CHIPS = 6;

// Which stage an event moves its case to; the counts come from the board, this only shows the movement.
const stageNames = ['registered', 'visit', 'investigation', 'review', 'approval', 'customer', 'payment', 'satisfaction', 'closed'];
const moves = {
  'intake.registered': 'registered', 'evidence.visit_ordered': 'visit', 'evidence.investigation_started': 'investigation',
  'evidence.investigation_concluded': 'approval', 'approval.denied': 'approval', 'approval.customer_objected': 'approval',
  'approval.offered': 'customer', 'approval.rejected': 'customer', 'approval.slip_approved': 'payment',
  'intake.satisfaction_requested': 'satisfaction', 'intake.reopened': 'approval', 'intake.closed': 'closed',
};

export function readAddress() {
  return Object.fromEntries(new URLSearchParams(location.search));
}

function useAddress() {
  const [address, set] = useState(readAddress());
  useEffect(() => {
    const back = () => set(readAddress());
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  const go = (changes) => {
    const next = Object.fromEntries(Object.entries({ ...readAddress(), ...changes }).filter(([, v]) => v));
    const query = new URLSearchParams(next).toString();
    history.pushState(null, '', query ? `/?${query}` : '/');
    set(next);
  };
  return [address, go];
}

function SignIn({ refused }) {
  return html`<main class="signin">
    <form method="post" action="/v1/session">
      <h1><img src="/icon.svg" alt="" width="28" height="28" />${t('product')}</h1>
      <label for="token">${t('token')}</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus aria-describedby="hint" />
      <p id="hint" class="quiet">${t('token_hint')}</p>
      ${refused && html`<p class="bad" role="alert">${t('refused')}</p>`}
      <button>${t('sign_in')}</button>
    </form>
  </main>`;
}

// The newest cases of each stage, to begin with.
async function firstChips() {
  const rows = await Promise.all(stageNames.map((s) => get(`/v1/cases?status=${s}&limit=${CHIPS}`)));
  return Object.fromEntries(rows.map((page, i) => [stageNames[i], page.items.map((c) => ({ case_id: c.case_id, case_no: c.case_no }))]));
}

// Events as they come, and which case stands newest in which stage.
function useLive(from) {
  const [live, set] = useState({ connected: false, entries: [], chips: {}, skipped: 0, n: 0 });
  useEffect(() => {
    if (from < 0) return undefined;
    get('/v1/organisation').then(learnNames).catch(() => {}); // ids are shown where names are not known
    firstChips().then((chips) => set((old) => ({ ...old, chips: { ...chips, ...old.chips } }))).catch(() => {});
    let waiting = [];
    let frame = 0;
    const show = () => {
      frame = 0;
      const news = waiting;
      waiting = [];
      set((old) => {
        const chips = { ...old.chips };
        for (const e of news) {
          const to = moves[e.type];
          if (!to) continue;
          for (const s of Object.keys(chips)) chips[s] = chips[s].filter((c) => c.case_id !== e.case_id);
          chips[to] = [{ case_id: e.case_id, case_no: e.case_no, n: e.n }, ...(chips[to] ?? [])].slice(0, CHIPS);
        }
        return { ...old, entries: [...news.reverse(), ...old.entries].slice(0, FEED_LENGTH), chips, n: old.n + news.length };
      });
    };
    return stream(`rate=25&after=${Math.max(0, from - FEED_LENGTH)}`, {
      on: (entry) => {
        waiting.push(entry);
        frame ||= setTimeout(show, 250);
      },
      skipped: (n) => set((old) => ({ ...old, skipped: n })),
      state: (connected) => set((old) => ({ ...old, connected })),
    });
  }, [from < 0]);
  return live;
}

// Asks again every `ms`, and says so when the console does not answer.
function usePolled(path, ms, enabled, onDenied) {
  const [answer, set] = useState({ data: null, failed: false });
  useEffect(() => {
    if (!enabled) return undefined;
    let stopped = false;
    let timer;
    const ask = async () => {
      try {
        const data = await get(path);
        if (!stopped) set({ data, failed: false, at: performance.now() });
      } catch (e) {
        if (e instanceof Problem && e.status === 401) onDenied();
        if (!stopped) set((old) => ({ ...old, failed: true }));
      }
      if (!stopped) timer = setTimeout(ask, document.hidden ? 4 * ms : ms);
    };
    ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [path, enabled]);
  return answer;
}

// The installation's clock, carried on between two answers.
function useClock(board) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!board.data) return null;
  const clock = board.data.clock;
  return { ...clock, now_ms: clock.now_ms + (performance.now() - board.at) * clock.scale };
}

function App() {
  const [address, go] = useAddress();
  const [signedIn, setSignedIn] = useState(true);
  const [, setLang] = useState(language());
  const denied = () => setSignedIn(false);
  const board = usePolled('/v1/board', 2000, signedIn, denied);
  const status = usePolled('/v1/status', 5000, signedIn, denied);
  const statement = usePolled('/v1/ledger/reconciliation?limit=10', 10000, signedIn, denied);
  const live = useLive(signedIn && board.data ? board.data.newest : -1);
  const clock = useClock(board);
  const opener = useRef(null);
  if (!signedIn) return html`<${SignIn} refused=${address.signin === 'refused'} />`;
  const open = (case_ref) => {
    opener.current = document.activeElement;
    go({ case: case_ref });
  };
  const close = () => {
    go({ case: '' });
    opener.current?.focus?.();
  };
  const switchLanguage = () => {
    setLanguage(language() === 'en' ? 'zh' : 'en');
    setLang(language());
  };
  const leave = async () => {
    await signOut();
    setSignedIn(false);
  };
  return html`
    <a class="skip" href="#cases">${t('skip')}</a>
    <${Header} clock=${clock} status=${status.data} onLanguage=${switchLanguage} onLeave=${leave} />
    ${board.failed && html`<p class="banner bad" role="alert">${t('cannot')}</p>`}
    ${board.data ? html`<main>
      <${Figures} board=${board.data} />
      <${Stages} board=${board.data} chips=${live.chips} filter=${address.status} onStage=${(s) => go({ status: address.status === s ? '' : s })} onCase=${open} />
      <div class="split">
        <${CaseTable} address=${address} go=${go} clock=${clock} onCase=${open} total=${board.data.totals.registered} changed=${live.n} />
        <aside>
          <${Feed} live=${live} clock=${clock} onCase=${open} />
          <${Services} status=${status.data} parked=${board.data.parked} />
          <${Statement} report=${statement.data} onCase=${open} />
        </aside>
      </div>
    </main>` : html`<main><p class="quiet">${t('loading')}</p></main>`}
    ${address.case && html`<${CasePanel} key=${address.case} reference=${address.case} clock=${clock} onClose=${close} changed=${live.entries} />`}
  `;
}

render(html`<${App} />`, document.getElementById('app'));
