// The console's API as promises and one live stream. Signed in by cookie; a 401 anywhere ends the session.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

export async function get(path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

export async function signOut() {
  await fetch('/v1/session', { method: 'DELETE' });
}

// Calls on(entry) for each event and skipped(n) for those left out; returns a function that ends it.
export function stream(query, { on, skipped, state }) {
  const source = new EventSource(`/v1/stream?${query}`);
  source.onopen = () => state?.(true);
  source.onerror = () => state?.(false);
  source.onmessage = (m) => on(JSON.parse(m.data));
  source.addEventListener('skipped', (m) => skipped?.(JSON.parse(m.data).n));
  return () => source.close();
}
