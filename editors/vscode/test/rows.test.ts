import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rows, sentence } from '../src/rows';

test('a row for each thing of a list, called by its name', () => {
  const result = { schema: 1, members: [{ id: 'm1', name: 'Alice', role: 'admin', you: true }] };
  assert.deepEqual(rows(result), [{ label: 'Alice', description: 'role admin · you yes', detail: '' }]);
});

test('plain fields are rows as well, and what is empty is none', () => {
  const result = { release: 'v3', behind: 0, held_by: null, conflicts: ['API_URL'], alarms: [] };
  assert.deepEqual(rows(result), [
    { label: 'v3', description: 'release', detail: '' },
    { label: '0', description: 'behind', detail: '' },
    { label: 'API_URL', description: 'conflicts', detail: '' },
  ]);
});

test('what is to be done stands below', () => {
  const checks = [{ section: 'network', name: 'stun', status: 'fail', says: 'no answer', fix: 'try again' }];
  assert.deepEqual(rows({ checks }), [
    { label: 'stun', description: 'section network · status fail', detail: 'no answer · try again' },
  ]);
});

test('a sentence has names, not what they are about', () => {
  const pushed = { schema: 1, release: 'v4', made: true, changed: { added: ['A', 'B'], changed: [], removed: [] } };
  assert.equal(sentence(pushed), 'release v4 · made yes · changed (added A, B)');
  assert.equal(sentence({ schema: 1 }), '');
});
