import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiding } from '../src/hiding';
import { listed, quick } from '../src/listed';

test('the rules stand beside what they are written into, and about no decorated text', () => {
  const selectors = `${hiding()} ${listed()} ${quick()}`.split(/ \{[^{}]+(?:\{[^{}]+\} )?\}/);
  assert.equal(selectors.pop(), '');
  assert.ok(selectors.length > 10);
  selectors.forEach((one) => assert.match(one, /^[^&{}]+:not\([^&()]*(?:\([^&()]*\)[^&()]*)*&\)[^&{}]*$/));
});

test('an editor is hidden by the end of its address, and never one of a folder with such a name', () => {
  const parts = [...hiding().matchAll(/\[data-uri[*$]="([^"]+)"\]/g)].map(([, part]) => part);
  assert.ok(['.env', '.env?', '.local', '.local?', '.production'].every((part) => parts.includes(part)));
  parts.forEach((part) => assert.match(part ?? '', /^(\/\.env\.|\.[a-z]+\??)$/));
});
