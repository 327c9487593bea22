import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiding } from '../src/hiding';

test('the rules stand beside what they are written into, and about no decorated text', () => {
  const rules = hiding().split('}');
  assert.match(hiding(), /^none; /);
  assert.equal(rules.length, 6);
  rules.slice(0, 5).forEach((rule) => assert.match(rule, /:not\(&\)[ .a-z]* \{ [a-z]+: .+ !important; $/));
});

test('an editor is hidden by the end of its address, and never one of a folder with such a name', () => {
  const parts = [...hiding().matchAll(/\[data-uri[*$]="([^"]+)"\]/g)].map(([, part]) => part);
  assert.ok(['.env', '.env?', '.local', '.local?', '.production'].every((part) => parts.includes(part)));
  parts.forEach((part) => assert.match(part ?? '', /^(\/\.env\.|\.[a-z]+\??)$/));
});
