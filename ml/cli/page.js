'use strict';
const SLICE = 200, FEW = 8; /* rows that are shown at once, and that need no search */
const $ = id => document.getElementById(id);
const alphabet = new Intl.Collator('en', {numeric: true});

/* What has no value comes last, whichever way. */
function compare(a, b, sign) {
  if (a == null || b == null) return (a == null) - (b == null);
  return sign * (typeof a === 'string' ? alphabet.compare(a, b) : a - b);
}

function row(of, i) {
  const tr = document.createElement('tr');
  if (of.isMarked(i)) tr.className = 'selected';
  for (const c of of.columns) {
    const td = document.createElement('td');
    const name = typeof c.name === 'function' ? c.name(i) : c.name, title = c.title?.(i);
    td.textContent = c.show(i);
    if (name) td.className = name;
    if (title != null) td.title = title;
    tr.append(td);
  }
  return tr;
}

/* Make a table one to sort and search. It has `all` (the rows), `columns`, isMarked(), isFound() and `nothing`, which
 * says that no row was found. Ids of its parts have the same end. */
function sheet(of, end = '') {
  const at = id => $(id + end), head = at('table').tHead.rows[0];
  let order = of.all, shown = [], n = 0;

  function more(count) {
    const last = Math.min(n + count, shown.length);
    at('rows').append(...shown.slice(n, last).map(i => row(of, i)));
    n = last;
    at('more').hidden = n >= shown.length;
    at('more').textContent = `show all ${shown.length} rows`;
  }

  function show() {
    const words = at('search').value.toLowerCase().split(/\s+/).filter(w => w), only = at('only')?.checked;
    shown = order.filter(i => (!only || of.isMarked(i)) && of.isFound(i, words));
    n = 0;
    at('rows').replaceChildren();
    at('scroll').scrollTop = 0;
    more(SLICE);
    at('count').textContent = `${shown.length} of ${of.all.length}`;
    if (shown.length > 0) return;
    const td = document.createElement('td');
    td.className = 'none';
    td.colSpan = of.columns.length;
    td.textContent = of.nothing;
    at('rows').append(document.createElement('tr'));
    at('rows').firstChild.append(td);
  }

  /* Equal ones are in the order of the rows. */
  function sort(k, th) {
    const sign = th.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    for (const other of head.cells) other.removeAttribute('aria-sort');
    th.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
    const keys = of.all.map(of.columns[k].key);
    order = of.all.slice().sort((a, b) => compare(keys[a], keys[b], sign) || a - b);
    show();
  }

  [...head.cells].forEach((th, k) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = th.textContent;
    button.addEventListener('click', () => sort(k, th));
    th.replaceChildren(button);
  });
  at('search').addEventListener('input', show);
  at('only')?.addEventListener('change', show);
  at('more').addEventListener('click', () => more(Infinity));
  at('scroll').addEventListener('scroll', () => {
    if (at('scroll').scrollTop + 2 * at('scroll').clientHeight > at('scroll').scrollHeight) more(SLICE);
  });
  head.cells[0]?.setAttribute('aria-sort', 'ascending');
  at('tools').hidden = of.all.length < FEW;
  show();
}

/* A table whose data are texts and what they are sorted by. Texts are never read as HTML. */
function listed(data) {
  const lower = data.texts.map(row => row.join(' ').toLowerCase()), marked = new Set(data.marked);
  return {
    all: data.texts.map((row, i) => i),
    columns: data.columns.map((name, k) => ({
      key: i => data.keys[i][k], show: i => data.texts[i][k], name,
      title: i => typeof data.keys[i][k] === 'number' ? data.keys[i][k] : null})),
    isMarked: i => marked.has(i),
    isFound: (i, words) => words.every(w => lower[i].includes(w)),
    nothing: 'no row is like this'};
}
