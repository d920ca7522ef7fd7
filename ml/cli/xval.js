'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const all = data.texts.map((row, i) => i);
const lower = data.texts.map(row => row.join(' ').toLowerCase());

/* What a column is sorted by, and how it is shown. Texts are never read as HTML. */
const columns = data.columns.map((name, k) => ({
  key: i => data.keys[i][k], show: i => data.texts[i][k], name,
  title: i => typeof data.keys[i][k] === 'number' ? data.keys[i][k] : null}));

/* What page.js asks of a row. */
const isMarked = i => i === data.marked;
const isFound = (i, words) => words.every(w => lower[i].includes(w));
const nothing = 'no row is like this';
