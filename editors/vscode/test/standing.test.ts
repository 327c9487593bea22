import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line, spotOf, type Environment, type Project, type Standing } from '../src/standing';

const DEV: Environment = {
  app: 'web',
  env: 'dev',
  uri: 'file:///shop/apps/web/.env',
  releases: ['v3'],
  base: 'v2',
  behind: 1,
  conflicts: ['API_URL'],
};
const SHOP: Project = {
  uri: 'file:///shop',
  name: 'shop',
  team: 'tm1x',
  standing: 'ready',
  detail: '',
  role: 'developer',
  members: ['Alice'],
  alarms: [],
  environments: [DEV],
};
const NOW: Standing = { peers: 2, masked: true, presenting: false, projects: [SHOP] };

test('a file of an environment is shown with how it stands', () => {
  const spot = spotOf(NOW, DEV.uri);
  assert.equal(line(NOW, spot, 2), '$(key) web:dev v3 ↑2 ↓1 $(warning) 1 $(broadcast) 2');
});

test('a document of the team is shown with its environment, an older release of it too', () => {
  for (const uri of ['envlsp://tm1x/shop/web/dev', 'envlsp://tm1x/shop/web/dev@v2']) {
    assert.equal(spotOf(NOW, uri)?.environment, DEV);
  }
  assert.equal(spotOf(NOW, 'envlsp://tm1x/shop/web/prod')?.environment, undefined);
});

test('code is shown with its project, the innermost one', () => {
  const inner = { ...SHOP, uri: 'file:///shop/apps/web', name: 'web' };
  const now = { ...NOW, peers: 0, projects: [SHOP, inner] };
  assert.equal(line(now, spotOf(now, 'file:///shop/apps/web/main.py'), 0), '$(key) web');
  assert.equal(line(now, spotOf(now, 'file:///shop/main.py'), 0), '$(key) shop');
});

test('a locked project says so, and so does a window without masks', () => {
  const now = { ...NOW, peers: 0, masked: false, projects: [{ ...SHOP, standing: 'locked' }] };
  assert.equal(line(now, spotOf(now, undefined), 0), '$(key) shop: $(lock) locked $(eye) unmasked');
});
