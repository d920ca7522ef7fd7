#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a selection (select), of a cross-validation (xval) and of a training (train), as others read them.

  DRAW=build/dev/tests/draw tests/seen/pictures.py select parsed            every SVG as XML, every page as HTML
  DRAW=build/dev/tests/draw tests/seen/pictures.py select browser           a page in headless Chromium, used
  DRAW_XVAL=build/dev/tests/draw_xval tests/seen/pictures.py xval shots FOLDER  screenshots of all, to look at
"""
import base64
import hashlib
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SVG = '{http://www.w3.org/2000/svg}'
VOID = {'meta', 'link', 'input', 'br', 'rect', 'path'}
failures = []


def check(what, is_so):
    if not is_so:
        print('not ok:', what)
        failures.append(what)


# ---- as XML and HTML ------------------------------------------------------------------------------

class Page(html.parser.HTMLParser):
    """Tags, whether they match, and the texts of the table."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.counts, self.cells, self.attributes, self.errors = [], {}, [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes += [(tag, key, value) for key, value in attributes]
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'td':
            self.cells.append('')

    def handle_startendtag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == 'td':
            self.cells[-1] += data


def check_svg(path):
    root = ET.parse(path).getroot()
    check(f'{path.name}: root', root.tag == SVG + 'svg' and root.get('viewBox'))
    x, y, width, height = map(float, root.get('viewBox').split())
    for text in root.iter(SVG + 'text'):
        if text.get('x') is not None:
            inside = x <= float(text.get('x')) <= x + width and y <= float(text.get('y')) <= y + height
            check(f'{path.name}: text inside', inside)
    for shape in root.iter(SVG + 'path'):
        points = re.findall(r'[ML](-?[\d.]+),(-?[\d.]+)', shape.get('d'))
        check(f'{path.name}: points inside', all(
            x - 12 <= float(u) <= x + width and y - 12 <= float(v) <= y + height for u, v in points))


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S).group(1))


def check_sheets(path, text):
    """All tables of a page of a training: what stands there is the first of what its data have."""
    for name, data in re.findall(r'id="data-([a-z]+)">(.*?)</script>', text, re.S):
        data = json.loads(data)
        table = Page(re.search(rf'<table id="table-{name}">.*?</table>', text, re.S).group(0))
        columns = table.counts.get('th', 0)
        wanted = [harmless(cell) for row in data['texts'][:50] for cell in row]
        check(f'{path.name}: table {name}', table.cells == wanted and len(data['columns']) == columns)
        check(f'{path.name}: keys of {name}', [len(row) for row in data['keys']] == [columns] * len(data['texts']))


def harmless(text):
    return re.sub('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]', '\ufffd', text)


def check_page(path):
    text = path.read_bytes().decode('utf-8')
    page = Page(text)
    check(f'{path.name}: tags match {page.errors[:3]} {page.open}', not page.errors and not page.open)
    check(f'{path.name}: nothing of others', not any(
        key in ('src', 'srcset', 'action', 'style') or key.startswith('on') or
        (key == 'href' and value != 'data:,') for tag, key, value in page.attributes))
    script = re.search(r'<script>(.*?)</script>', text, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    check(f'{path.name}: hash of the script', f"'sha256-{digest}'" in text)
    if 'id="data-' in text:
        check_sheets(path, text)
        return
    data = data_of(text)
    is_xval = 'texts' in data
    table = Page(re.search(r'<table id="table">.*?</table>', text, re.S).group(0))
    columns = table.counts.get('th', 0)
    if is_xval:
        shown, wanted = table.cells, [cell for row in data['texts'] for cell in row]
        check(f'{path.name}: rows', len(shown) == min(50, len(data['texts'])) * columns)
        check(f'{path.name}: columns', len(data['columns']) == columns)
    else:
        shown, wanted = table.cells[1::columns], data['name']
    for name, cell in zip(wanted, shown):
        check(f'{path.name}: {name!r} is {cell!r}', cell == harmless(name))


def parsed(folder):
    for path in sorted(folder.glob('*.svg')):
        check_svg(path)
    for path in sorted(folder.glob('*.html')):
        check_page(path)


# ---- in a browser ---------------------------------------------------------------------------------

def browse(browser, folder, url, *options):
    run = subprocess.run(
        [browser, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
         '--hide-scrollbars', f'--user-data-dir={folder}/profile', '--enable-logging=stderr',
         '--virtual-time-budget=4000', *options, url], capture_output=True, timeout=200)
    complaints = [line for line in run.stderr.decode(errors='replace').splitlines() if 'CONSOLE' in line][:3]
    return run.stdout.decode(errors='replace'), complaints


STEPS = r'''
const told = [], tell = (what, value) => told.push([what, value]);
const rows = () => [...document.querySelectorAll('#rows tr')];
const cells = k => rows().map(r => r.cells[k]?.textContent);
const heads = [...document.querySelectorAll('thead th')];
const click = k => heads[k].querySelector('button').click();
const sorts = () => heads.map(h => h.getAttribute('aria-sort'));
const type = text => { $('search').value = text; $('search').dispatchEvent(new Event('input')); };
tell('first', cells(1));
click(1); tell('by name', cells(1)); tell('by name sorts', sorts());
click(1); tell('by name, down', cells(1)); tell('down sorts', sorts());
click(4); tell('by p', cells(4));
click(4); tell('by p, down', cells(4));
click(0); tell('by rank', cells(0));
type('LEN_1'); tell('found', cells(1)); tell('count', $('count').textContent);
type('len_1 no such thing'); tell('found nothing', cells(0));
type(''); $('only').click(); tell('selected', cells(6)); tell('selected count', $('count').textContent);
$('only').click(); $('more').click(); tell('all', rows().length);
tell('focusable', heads.every(h => h.querySelector('button').tabIndex === 0));
tell('fetched', performance.getEntriesByType('resource').length);
tell('title', document.title);
document.documentElement.dataset.told = JSON.stringify(told);
'''


XVAL_STEPS = r'''
const told = [], tell = (what, value) => told.push([what, value]);
const rows = () => [...document.querySelectorAll('#rows tr')];
const cells = k => rows().map(r => r.cells[k]?.textContent);
const heads = [...document.querySelectorAll('#table thead th')];
const click = k => heads[k].querySelector('button').click();
tell('heads', heads.map(h => h.textContent));
tell('first', cells(0)); tell('marked', document.querySelectorAll('#rows tr.selected').length);
click(1); tell('up', cells(1)); click(1); tell('down', cells(1));
$('search').value = 'no such thing'; $('search').dispatchEvent(new Event('input'));
tell('found nothing', cells(0)); tell('count', $('count').textContent);
$('search').value = ''; $('search').dispatchEvent(new Event('input')); $('more').click();
tell('all', rows().length); tell('texts', cells(heads.length - 1));
tell('fetched', performance.getEntriesByType('resource').length);
tell('title', document.title);
document.documentElement.dataset.told = JSON.stringify(told);
'''


TRAIN_STEPS = r'''
const told = [], tell = (what, value) => told.push([what, value]);
const parts = [...document.querySelectorAll('section')];
tell('sections', parts.map(s => s.querySelector('h2').id));
tell('tables', [...document.querySelectorAll('tbody[id]')].map(table => {
  const heads = [...table.parentElement.tHead.rows[0].cells];
  const cells = k => [...table.rows].map(r => r.cells[k].textContent), k = heads.length > 2 ? heads.length - 2 : 0;
  const first = cells(k);
  heads[k].querySelector('button').click(); const up = cells(k), sort = heads[k].getAttribute('aria-sort');
  heads[k].querySelector('button').click(); const down = cells(k);
  heads[0].querySelector('button').click();
  return {id: table.id, k, first, up, down, sort, sorts: heads.filter(h => h.getAttribute('aria-sort')).length};
}));
tell('pictures', [...document.querySelectorAll('svg')].map(svg => {
  const box = svg.getBoundingClientRect();
  const marks = [...svg.querySelectorAll('path, rect')].filter(e => {
    const b = e.getBoundingClientRect(); return b.right >= box.left && b.left <= box.right; });
  const out = [...svg.querySelectorAll('text')].filter(e => {
    const b = e.getBoundingClientRect(); return b.left < box.left - 2 || b.right > box.right + 2; });
  return {label: svg.getAttribute('aria-label'), width: box.width, marks: marks.length,
    out: out.map(e => e.textContent)}; }));
$('only-features').click();
tell('chosen', [...$('rows-features').rows].length); tell('chosen count', $('count-features').textContent);
$('only-features').click(); $('more-features').click();
tell('all', $('rows-features').rows.length); tell('names', [...$('rows-features').rows].map(r => r.cells[1].textContent));
tell('fetched', performance.getEntriesByType('resource').length);
tell('wide', document.documentElement.scrollWidth <= innerWidth);
const style = getComputedStyle(document.body);
tell('paper', style.backgroundColor); tell('ink', style.color);
tell('title', document.title);
document.documentElement.dataset.told = JSON.stringify(told);
'''


def with_steps(path, folder):
    """A copy of a page that uses itself: a second script, which the page is made to allow."""
    text = path.read_text(encoding='utf-8')
    is_train = 'id="data-' in text
    steps = TRAIN_STEPS if is_train else XVAL_STEPS if 'texts' in data_of(text) else STEPS
    digest = base64.b64encode(hashlib.sha256(steps.encode()).digest()).decode()
    text = text.replace("script-src '", f"script-src 'sha256-{digest}' '", 1)
    text = text.replace('</body>', f'<script>{steps}</script></body>')
    copy = folder / f'used_{path.name}'
    copy.write_text(text, encoding='utf-8')
    return copy.as_uri()


def used(browser, folder, name, *options):
    dom, complaints = browse(browser, folder, with_steps(folder / f'{name}.html', folder), '--dump-dom', *options)
    check(f'{name}: no complaints {complaints}', not complaints)
    told = re.search(r'data-told="(.*?)"', dom, re.S)
    if not told:
        check(f'{name}: it tells', False)
        return {}
    return dict(json.loads(html.unescape(told.group(1))))


def number(text):
    return {'\u2013': None, '< 1e-300': 1e-301}.get(text, None) if not text[0].isdigit() else float(text)


def ordered(texts, sign):
    values = [number(t) for t in texts]
    known = [v for v in values if v is not None]
    return known == sorted(known, reverse=sign < 0) and values[:len(known)] == known


def check_use(told, n, n_selected):
    check('rows at first', len(told['first']) == min(n, 200))
    check('sorted by name', len(told['by name']) == min(n, 200))
    check('and the other way', n > 200 or told['by name'] == told['by name, down'][::-1])
    check('aria-sort', told['by name sorts'][1] == 'ascending' and told['down sorts'][1] == 'descending')
    check('one aria-sort', sum(s is not None for s in told['down sorts']) == 1)
    check('sorted by p', ordered(told['by p'], 1))
    check('without p last', ordered(told['by p, down'], -1))
    check('by rank again', told['by rank'][:3] == ['1', '2', '3'])
    check('found', told['found'] and all('len_1' in name for name in told['found']))
    check('count', told['count'].endswith(f' of {n}'))
    check('found nothing', told['found nothing'] == ['no feature is like this'])
    check('selected', told['selected'] == ['yes'] * min(n_selected, 200))
    check('selected count', told['selected count'] == f'{n_selected} of {n}')
    check('all rows', told['all'] == n)
    check('keyboard', told['focusable'])
    check('nothing fetched', told['fetched'] == 0)


def find_browser():
    browser = shutil.which('chromium') or shutil.which('chromium-browser')
    if not browser:
        print('skipped: chromium is not installed (scripts/deps --all)')
        sys.exit(77)
    return browser


def xval_in_browser(folder):
    browser = find_browser()
    told = used(browser, folder, 'many')
    data = data_of((folder / 'many.html').read_text())
    check('rows at first', told['first'] == [row[0] for row in data['texts'][:200]])
    check('the winner is marked', told['marked'] == 1)
    alphas = [f'{key:.6g}' for key in sorted(row[1] for row in data['keys'])]
    check('sorted', list(map(float, told['up'])) == list(map(float, alphas[:200])))
    check('and down', list(map(float, told['down'])) == list(map(float, alphas[:-201:-1])))
    check('found nothing', told['found nothing'] == ['no row is like this'] and told['count'] == '0 of 2000')
    check('all rows', told['all'] == 2000)
    check('nothing fetched', told['fetched'] == 0)
    told = used(browser, folder, 'hostile')
    check('no script of a name ran', told.get('title', 'caught') != 'caught')
    data = data_of((folder / 'hostile.html').read_text())
    check('errors as they are', sorted(told['texts']) == sorted(row[-1] for row in data['texts']))
    for path in (folder / 'hostile.svg', folder / 'nested.html', folder / 'all_fail.html'):
        check(f'{path.name}: no complaints', not browse(browser, folder, path.as_uri(), '--dump-dom')[1])


def brightness(color):
    return sum(map(int, re.findall(r'[0-9]+', color)[:3]))


def check_train(told, name, sections):
    check(f'{name}: sections {told["sections"]}', told['sections'] == sections.split())
    check(f'{name}: nothing fetched', told['fetched'] == 0)
    check(f'{name}: as wide as the window', told['wide'])
    for table in told['tables']:
        what = f'{name}: {table["id"]}'
        check(f'{what}: rows', sorted(table['up']) == sorted(table['down']) and table['first'])
        check(f'{what}: sorted', table['sort'] == 'ascending' and table['sorts'] == 1)
        numbers = [[float(t) for t in table[way] if re.fullmatch(r'-?[0-9][0-9.e+-]*', t)] for way in ('up', 'down')]
        check(f'{what}: in order', numbers[0] == sorted(numbers[0]) and numbers[1] == sorted(numbers[1])[::-1])
    for picture in told['pictures']:
        check(f'{name}: {picture}', picture['marks'] > 1 and picture['width'] > 100 and not picture['out'])


def train_in_browser(folder):
    browser = find_browser()
    usual = 'done data scores pictures results importance best features'
    selected = usual.replace('best', 'p-values best')
    told = used(browser, folder, 'many_features')
    check_train(told, 'many_features', selected)
    check('chosen only', told['chosen'] == 20 and told['chosen count'] == '20 of 800')
    check('all features', told['all'] == 800)
    check('light', brightness(told['paper']) > 600 > 300 > brightness(told['ink']))
    dark = used(browser, folder, 'workers', '--blink-settings=preferredColorScheme=0')
    check_train(dark, 'workers', usual + ' times')
    check('dark', brightness(dark['paper']) < 300 < 600 < brightness(dark['ink']))
    for name in ('one_feature', 'three', 'forty', 'permuted', 'series'):
        check_train(used(browser, folder, name), name, usual)
    check_train(used(browser, folder, 'unscored'), 'unscored', 'done data importance best features')
    check_train(used(browser, folder, 'two'), 'two', selected)
    searched = usual.replace('results', 'results folds')
    check_train(used(browser, folder, 'numbers'), 'numbers', searched)
    told = used(browser, folder, 'hostile')
    check_train(told, 'hostile', searched)
    check('no script of a name ran', told.get('title', 'caught') != 'caught')
    data = json.loads(re.search(r'id="data-features">(.*?)</script>', (folder / 'hostile.html').read_text(), re.S).group(1))
    check('names as they are', told['names'] == [row[1] for row in data['texts']])


def in_browser(folder):
    browser = find_browser()
    for name in ('nan', 'many'):
        data = data_of((folder / f'{name}.html').read_text())
        check_use(used(browser, folder, name), len(data['name']), data['fate'].count('2'))
    told = used(browser, folder, 'hostile')
    check('no script of a name ran', told.get('title', 'caught') != 'caught')
    data = data_of((folder / 'hostile.html').read_text())
    check('names as they are', told['first'] == data['name'])
    for path in (folder / 'hostile.svg', folder / 'multi.html', folder / 'constant.html'):
        check(f'{path.name}: no complaints', not browse(browser, folder, path.as_uri(), '--dump-dom')[1])


def shots(folder, to):
    browser = shutil.which('chromium') or shutil.which('chromium-browser')
    for path in sorted(list(folder.glob('*.svg')) + list(folder.glob('*.html'))):
        size = '1060,620' if path.suffix == '.svg' else '1200,1900'
        browse(browser, folder, path.as_uri(), f'--window-size={size}',
               f'--screenshot={to}/{path.stem}_{path.suffix[1:]}.png')


def main():
    of, what = sys.argv[1:3]
    draw = {'select': 'DRAW', 'xval': 'DRAW_XVAL', 'train': 'DRAW_TRAIN'}[of]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([os.environ[draw], name], check=True)
        if what == 'shots':
            shots(folder, os.path.realpath(sys.argv[3]))
        elif what == 'parsed':
            parsed(folder)
        else:
            {'select': in_browser, 'xval': xval_in_browser, 'train': train_in_browser}[of](folder)
    sys.exit(bool(failures))


main()
