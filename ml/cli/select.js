const data = JSON.parse(document.getElementById('data').textContent);
const lower = data.name.map(name => name.toLowerCase());

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

sheet({
  all: data.name.map((name, i) => i), columns,
  isMarked: i => fate(i) === 2,
  isFound: (i, words) => words.every(w => lower[i].includes(w)),
  nothing: 'no feature is like this'});
