/* A table to sort and search. The script before has made `all` (the rows), `columns`, isMarked(), isFound() and
 * `nothing`, which says that no row was found. */
const SLICE = 200;
const $ = id => document.getElementById(id);
const alphabet = new Intl.Collator('en', {numeric: true});
let order = all, shown = [], n = 0;

function row(i) {
  const tr = document.createElement('tr');
  if (isMarked(i)) tr.className = 'selected';
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
  shown = order.filter(i => isFound(i, words));
  n = 0;
  $('rows').replaceChildren();
  $('scroll').scrollTop = 0;
  more(SLICE);
  $('count').textContent = `${shown.length} of ${all.length}`;
  if (shown.length > 0) return;
  const td = document.createElement('td');
  td.className = 'none';
  td.colSpan = columns.length;
  td.textContent = nothing;
  $('rows').append(document.createElement('tr'));
  $('rows').firstChild.append(td);
}

/* What has no value comes last, whichever way; equal ones by rank. */
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
$('only')?.addEventListener('change', show);
$('more').addEventListener('click', () => more(Infinity));
$('scroll').addEventListener('scroll', () => {
  if ($('scroll').scrollTop + 2 * $('scroll').clientHeight > $('scroll').scrollHeight) more(SLICE);
});
$('table').tHead.rows[0].cells[0].setAttribute('aria-sort', 'ascending');
$('tools').hidden = false;
show();
