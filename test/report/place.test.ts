import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutPlace } from '#memwatch/report/place.js';

test('a place is cut so that the package and the file stay', () => {
  const layer = '/srv/app/node_modules/.pnpm/express@5.1.0/node_modules/express/lib/router/layer.js';
  assert.deepEqual(
    [200, 30, 22, 20, 12].map((width) => cutPlace(layer, 95, width)),
    [`${layer}:95`, 'express/lib/router/layer.js:95', 'express/…r/layer.js:95', 'express/…layer.js:95', '…layer.js:95'],
  );
  const nest = '/srv/node_modules/@nestjs/core/router/router-proxy.js';
  assert.equal(cutPlace(nest, 0, 32), '@nestjs/core/…er/router-proxy.js');
  assert.equal(cutPlace('/srv/app/src/routes/users.ts', 7, 14), '…es/users.ts:7');
});
