'use strict';
const SLICE = 200;
const $ = id => document.getElementById(id);
/* Control characters are U+FFFD, as everywhere in the page. */
const control = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/g;
const data = JSON.parse($('data').textContent,
  (key, value) => typeof value === 'string' ? value.replace(control, '\uFFFD') : value);
const all = data.name.map((name, i) => i);
const lower = data.name.map(name => name.toLowerCase());
const alphabet = new Intl.Collator('en', {numeric: true});

/* As in the rows that are there without scripts. */
function pValue(p) {
  if (p == null) return '\u2013';
  if (p < 1e-300) return p > 0 ? '< 1e-300' : '0';
  return p < 1e-3 ? p.toExponential(2).replace('+', '') : String(+p.toPrecision(3));
}
const fate = i => +data.fate[i];
const relevant = ['no', 'yes', 'yes'];

/* What a column is sorted by, and how it is shown. Texts are never read as HTML. */
const columns = [
  {key: i => i, show: i => String(i + 1), name: 'n'},
  {key: i => data.name[i], show: i => data.name[i], name: 'name'},
  {key: i => data.types[data.type[i]], show: i => data.types[data.type[i]]},
  {key: i => data.tests[data.test[i]], show: i => data.tests[data.test[i]] || '\u2013'},
  {key: i => data.p[i], show: i => pValue(data.p[i]), name: 'n', title: i => data.p[i]},
  {key: i => threshold(i), show: i => pValue(threshold(i)), name: 'n', title: i => threshold(i)},
  {key: i => -fate(i), show: i => relevant[fate(i)], name: i => fate(i) ? 'yes' : ''}];
if (data.redundant)
  columns.push({key: i => data.redundant[i] ?? null, show: i => data.redundant[i] ?? '', name: 'name'});
if (data.classes.length)
  columns.push({key: i => -data.significant[i], show: i => String(data.significant[i]), name: 'n'});
data.classes.forEach((c, k) => columns.push({
  key: i => data.class_p[k][i], show: i => pValue(data.class_p[k][i]),
  name: i => data.class_relevant[k][i] === '1' ? 'n yes' : 'n'}));
function threshold(i) {
  return Array.isArray(data.threshold) ? data.threshold[i] : data.p[i] == null ? null : data.threshold;
}

let order = all, shown = [], n = 0;

function row(i) {
  const tr = document.createElement('tr');
  if (fate(i) === 2) tr.className = 'selected';
  for (const c of columns) {
    const td = document.createElement('td');
    const name = typeof c.name === 'function' ? c.name(i) : c.name, title = c.title?.(i);
    td.textContent = c.show(i);
    if (name) td.className = name;
    if (title != null) td.title = title;
    tr.append(td);
  }
  return tr;
}

function more(count) {
  const end = Math.min(n + count, shown.length);
  $('rows').append(...shown.slice(n, end).map(row));
  n = end;
  $('more').hidden = n >= shown.length;
  $('more').textContent = `show all ${shown.length} rows`;
}

function show() {
  const words = $('search').value.toLowerCase().split(/\s+/).filter(w => w);
  const only = $('only').checked;
  shown = order.filter(i => (!only || fate(i) === 2) && words.every(w => lower[i].includes(w)));
  n = 0;
  $('rows').replaceChildren();
  $('scroll').scrollTop = 0;
  more(SLICE);
  $('count').textContent = `${shown.length} of ${all.length}`;
  if (shown.length > 0) return;
  const td = document.createElement('td');
  td.className = 'none';
  td.colSpan = columns.length;
  td.textContent = 'no feature is like this';
  $('rows').append(document.createElement('tr'));
  $('rows').firstChild.append(td);
}

/* Without a p-value comes last, whichever way; equal ones by rank. */
function compare(a, b, sign) {
  if (a == null || b == null) return (a == null) - (b == null);
  return sign * (typeof a === 'string' ? alphabet.compare(a, b) : a - b);
}
function sort(k, th) {
  const sign = th.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
  for (const other of $('table').tHead.rows[0].cells) other.removeAttribute('aria-sort');
  th.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
  const keys = all.map(columns[k].key);
  order = all.slice().sort((a, b) => compare(keys[a], keys[b], sign) || a - b);
  show();
}

[...$('table').tHead.rows[0].cells].forEach((th, k) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = th.textContent;
  button.addEventListener('click', () => sort(k, th));
  th.replaceChildren(button);
});
$('search').addEventListener('input', show);
$('only').addEventListener('change', show);
$('more').addEventListener('click', () => more(Infinity));
$('scroll').addEventListener('scroll', () => {
  if ($('scroll').scrollTop + 2 * $('scroll').clientHeight > $('scroll').scrollHeight) more(SLICE);
});
$('table').tHead.rows[0].cells[0].setAttribute('aria-sort', 'ascending');
$('tools').hidden = false;
show();
