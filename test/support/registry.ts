/** A registry for npm on loopback. In: a package, its versions, and the source of each. Out: its address. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './targets.js';

export const startRegistry = async (
  t: TestContext,
  name: string,
  versions: readonly string[],
  sourceOf: (version: string) => string,
): Promise<string> => {
  const folder = temporaryFolder(t);
  const tarballs = new Map(versions.map((version) => [version, pack(folder, name, version, sourceOf(version))]));
  const server = createServer((request, response) => {
    const tarball = tarballs.get(/([^/]+)\.tgz$/.exec(request.url ?? '')?.[1] ?? '');
    response.end(request.url === `/${name}` ? JSON.stringify(description()) : tarball);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const description = (): object => ({
    name,
    'dist-tags': { latest: versions.at(-1) },
    versions: Object.fromEntries(
      [...tarballs].map(([version, tarball]) => {
        const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
        return [version, { name, version, dist: { tarball: `${address}/${version}.tgz`, integrity } }];
      }),
    ),
  });
  return address;
};

const pack = (folder: string, name: string, version: string, source: string): Buffer => {
  const inside = join(folder, version, 'package');
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(inside, 'package.json'), JSON.stringify({ name, version }));
  writeFileSync(join(inside, 'index.js'), source);
  return execFileSync('tar', ['-cz', '-C', join(folder, version), 'package']);
};
