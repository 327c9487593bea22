import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Covers, moved, shown, spliced, type Edit, type Line, type Told } from '../src/covers';
import { unknown } from '../src/seen';

function told(version: number, start: number, end: number | null, lines: Line[]): Told {
  return { uri: 'file:///shop/.env', version, start, end, lines, changes: [], removed: [] };
}

function typed(line: number, from: number, to: number, text: string): Edit {
  return { start: { line, character: from }, end: { line, character: to }, text };
}

test('the first message is the whole document, whatever was known', () => {
  assert.deepEqual(spliced([[[0, 9]]], told(1, 0, null, [[], [[4, 8]]])), [[], [[4, 8]]]);
});

test('a message takes the place of some lines', () => {
  const known: Line[] = [[[1, 2]], [[3, 4]], [[5, 6]]];
  assert.deepEqual(spliced(known, told(2, 1, 2, [[[7, 8]], []])), [[[1, 2]], [[7, 8]], [], [[5, 6]]]);
  assert.deepEqual(spliced(known, told(2, 1, 1, [[]])), [[[1, 2]], [], [[3, 4]], [[5, 6]]]);
  assert.deepEqual(known, [[[1, 2]], [[3, 4]], [[5, 6]]]);
});

test('what is typed in, before or behind a mask is covered with it', () => {
  assert.deepEqual(moved([[[4, 8]]], typed(0, 6, 6, 'xy')), [[[4, 10]]]);
  assert.deepEqual(moved([[[4, 8]]], typed(0, 4, 4, 'x')), [[[4, 9]]]);
  assert.deepEqual(moved([[[4, 8]]], typed(0, 8, 8, 'x')), [[[4, 9]]]);
});

test('what is typed elsewhere is covered until the server has said what it is', () => {
  assert.deepEqual(moved([[]], typed(0, 4, 4, 'hunter2')), [[[4, 11]]]);
});

test('a mask moves along with the text before it', () => {
  assert.deepEqual(moved([[[4, 8]]], typed(0, 0, 2, '')), [[[2, 6]]]);
});

test('a part of a mask that is taken out leaves the rest', () => {
  assert.deepEqual(moved([[[4, 8]]], typed(0, 5, 7, '')), [[[4, 6]]]);
  assert.deepEqual(moved([[[4, 8]]], typed(0, 4, 8, '')), [[]]);
});

test('pasted lines are covered whole, and those below are pushed down', () => {
  const lines: Line[] = [[[2, 5]], [[9, 10]]];
  assert.deepEqual(moved(lines, typed(0, 5, 5, '\r\nA=1\nB=22')), [[[2, 5]], [[0, 3]], [[0, 4]], [[9, 10]]]);
  assert.deepEqual(moved(lines, typed(0, 3, 3, 'x\ny')), [[[2, 4]], [[0, 3]], [[9, 10]]]);
});

test('joined lines keep both masks', () => {
  const join: Edit = { start: { line: 0, character: 5 }, end: { line: 1, character: 0 }, text: '' };
  assert.deepEqual(moved([[[2, 5]], [[2, 4]]], join), [[[2, 5], [7, 9]]]);
});

test('the parts between masks are what is shown', () => {
  assert.deepEqual(shown([[4, 8], [10, 12]], 15), [[0, 4], [8, 10], [12, 15]]);
  assert.deepEqual(shown([[0, 5]], 5), []);
  assert.deepEqual(shown([[4, 8]], 10, 4), [[8, 10]]);
});

test('an answer to an older version is moved along with what was typed since', () => {
  const covers = new Covers();
  covers.told(told(1, 0, null, [[[2, 3]]]));
  covers.edited(2, [typed(0, 3, 3, 'a')]);
  covers.edited(3, [typed(0, 4, 4, 'b')]);
  assert.deepEqual(covers.lines(1), [[[2, 5]]]);
  covers.told(told(2, 0, 1, [[[2, 4]]]));
  assert.deepEqual(covers.lines(1), [[[2, 5]]]);
  covers.told(told(3, 0, 1, [[[2, 5]]]));
  assert.deepEqual(covers.lines(1), [[[2, 5]]]);
});

test('where the lines do not fit the text nothing is known', () => {
  const covers = new Covers();
  assert.equal(covers.lines(1), undefined);
  covers.told(told(1, 0, null, [[]]));
  assert.equal(covers.lines(2), undefined);
  covers.forget();
  assert.equal(covers.lines(1), undefined);
});

test('of a line of which nothing is known only a plain name is shown', () => {
  assert.deepEqual(unknown('API_KEY=hunter2'), [[8, 15]]);
  assert.deepEqual(unknown('export API_KEY=hunter2'), [[15, 22]]);
  assert.deepEqual(unknown('# API_KEY=hunter2'), [[0, 17]]);
  assert.deepEqual(unknown('the rest of a value'), [[0, 19]]);
  assert.deepEqual(unknown('API_KEY='), [[0, 8]]); // padding ends so
  assert.deepEqual(unknown(''), []);
});

test('behind the last line break there is a line that the server does not count', () => {
  const covers = new Covers();
  covers.told(told(1, 0, null, [[[2, 9]]]));
  assert.deepEqual(covers.lines(2, true), [[[2, 9]], []]);
  assert.equal(covers.lines(2, false), undefined);
  covers.edited(2, [typed(1, 0, 0, 'B=secret')]);
  assert.deepEqual(covers.lines(2, false), [[[2, 9]], [[0, 8]]]);
});
