// Words, numbers, moments and sentences in the chosen language.
import { page, stages, services, values, events, refused } from './words.js';

export const languages = ['en', 'zh'];
let lang = 0;
const fromAddress = new URLSearchParams(location.search).get('lang') || localStorage.getItem('lang');
setLanguage(fromAddress || (navigator.language.startsWith('zh') ? 'zh' : 'en'));

export function language() { return languages[lang]; }
export function setLanguage(name) {
  lang = Math.max(0, languages.indexOf(name));
  document.documentElement.lang = lang ? 'zh-CN' : 'en';
  localStorage.setItem('lang', languages[lang]);
}
const locale = () => (lang ? 'zh-CN' : 'en-GB');

export const t = (key) => page[key]?.[lang] ?? key;
export const stage = (key) => stages[key]?.[lang] ?? key;
const plain = (key) => values[key]?.[lang] ?? String(key ?? '').replaceAll('_', ' ');

// "payment#again2" is the second reminder of a missed limit, "promise#visit" a date that has a name.
export function value(key) {
  const [code, name] = String(key ?? '').split('#');
  const again = name?.match(/^again(\d+)$/);
  if (again) return [`${plain(code)}, reminder ${again[1]}`, `${plain(code)}，第 ${again[1]} 次再催`][lang];
  return name === undefined ? plain(key) : `${plain(code)}: ${plain(name)}`;
}

export const service = (key) => services[key]?.[lang] ?? value(key);
export const channel = (source) => (source ?? '').replace(/^\/channels\//, '');

export const count = (n) => new Intl.NumberFormat(locale()).format(n ?? 0);
export function compact(n) {
  return n < 100000 ? count(n) : new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 }).format(n);
}

const digits = new Map();
export function money(minor, currency) {
  if (minor == null) return '—';
  if (!currency) return count(minor / 100);
  const key = currency + lang;
  if (!digits.has(key)) {
    const f = new Intl.NumberFormat(locale(), { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    digits.set(key, [f, 10 ** f.resolvedOptions().maximumFractionDigits]);
  }
  const [f, unit] = digits.get(key);
  return f.format(minor / unit);
}

export function moment(ms, seconds = false) {
  if (!ms) return '—';
  return new Intl.DateTimeFormat(locale(), {
    year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', ...(seconds && { second: '2-digit' }),
  }).format(ms);
}
export function shortMoment(ms) {
  if (!ms) return '—';
  return new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(ms);
}


// "2 d 4 h": so many units at most.
export function duration(ms, most = 2) {
  const units = [[86400000, ['d', '天']], [3600000, ['h', '小时']], [60000, ['min', '分']], [1000, ['s', '秒']]];
  let left = Math.abs(ms);
  const parts = [];
  for (const [size, names] of units) {
    if (parts.length === most || (parts.length === 1 && left < size)) break;
    if (left >= size) {
      parts.push(`${Math.floor(left / size)}${lang ? '' : ' '}${names[lang]}`);
      left %= size;
    }
  }
  return parts.join(' ') || (lang ? '不到1秒' : 'under 1 s');
}

// Names of people and units, by id; read once from the API.
const names = new Map();
export function learnNames(organisation) {
  for (const unit of organisation.units ?? []) {
    names.set(unit.id, unit.name);
    for (const person of unit.people ?? []) names.set(person.id, person.name);
  }
}
export const named = (id) => names.get(id) ?? id;

// "3 h left", "2 d late": how far a moment is from now.
export function distance(ms, now, units = 2) {
  const word = t(ms < now ? 'late' : 'left');
  return lang ? `${word}${duration(ms - now, units)}` : `${duration(ms - now, units)} ${word}`;
}

function member(data, path) {
  let at = data;
  let holder = data;
  for (const name of path.split('.')) {
    holder = at;
    at = at?.[name];
  }
  const last = path.split('.').pop();
  if (last === 'amount') return money(holder?.amount_minor, holder?.currency);
  if (last === 'measures') return (at ?? []).map((m) => value(m.kind)).join(lang ? '、' : ', ');
  if (last.endsWith('_ms')) return shortMoment(at);
  if (last === 'command') return String(at).replace(/^command\./, '').replaceAll('_', ' ');
  if (Array.isArray(at)) return at.map(value).join(lang ? '、' : ', ');
  if (typeof at === 'boolean') return at ? '✓' : '–';
  if (['reason', 'reasons', 'result', 'comment'].includes(last)) return at == null ? '' : String(at).replaceAll('_', ' ');
  return typeof at === 'string' ? values[at]?.[lang] ?? named(at) : String(at ?? '');
}

// [text, tone] of an entry of the timeline.
export function sentence(entry) {
  const kind = entry.type.split('.')[1];
  const row = kind === 'command_refused' ? refused : events[entry.type] ?? events[`*.${kind}`];
  if (!row) return [entry.type, ''];
  const text = row[lang].replace(/\{([a-z_.]+)\}/g, (_, path) => member(entry.data, path)).replace(/ ?[(（][)）]|[:：，,]\s*$/g, '');
  return [text, row[2] ?? ''];
}

export function who(entry) {
  if (entry.actor) return entry.actor_role ? `${named(entry.actor)} · ${value(entry.actor_role)}` : named(entry.actor);
  return entry.actor_role ? value(entry.actor_role) : '';
}
