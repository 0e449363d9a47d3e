/** `memwatch serve`, asked by what people have: Prometheus and its promtool, and Go's pprof. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { renderPrometheus } from '#memwatch/report/prometheus.js';
import { isInstalled } from '../support/installed.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import {
  freePort,
  printedLine,
  startProcess,
  startSource,
  temporaryFolder,
  type StartedTarget,
} from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const service = `
const sessions = [];
function burn() { let sum = 0; for (let i = 0; i < 2e6; i++) sum += Math.sqrt(i); return sum; }
function keep() { for (let i = 0; i < 3000; i++) sessions.push({ i, pages: new Array(50).fill(i) }); }
setInterval(() => { burn(); keep(); }, 50);
console.log('ready');
`;

interface Served {
  readonly memwatch: StartedTarget;
  readonly address: string;
}

const startServe = async (
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Served> => {
  const cli = [repository('dist/cli.js'), 'serve', ...args];
  const running = await startProcess(t, process.execPath, cli, { ready: /: metrics of \d+ process/, env });
  return { memwatch: running, address: /^(\S+): metrics of/m.exec(running.output())?.[1] ?? '' };
};

const ask = (
  url: string,
  headers: Record<string, string> = {},
  socketPath?: string,
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      { headers, timeout: 60_000, ...(socketPath === undefined ? {} : { socketPath }) },
      (response) => {
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    sent.on('error', reject).end();
  });

/** Until the metrics match, at most for half a minute. */
const metricsMatching = async (address: string, pattern: RegExp): Promise<string> => {
  let body = '';
  const matches = async (): Promise<boolean> => {
    ({ body } = await ask(`${address}/metrics`));
    return pattern.test(body);
  };
  await eventually(`the metrics match ${pattern}`, matches, 30_000);
  return body;
};

/** Why a test that drives a program is skipped; false if it runs. */
const without = (program: string): string | false => (isInstalled(program) ? false : `${program} is not installed`);

/** The queries of the dashboard in docs, as Grafana sends them. */
const dashboardQueries = (): string[] => {
  const text = readFileSync(repository('docs/fleet/dashboard.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  return panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replaceAll('$script', '.*').replaceAll('$__rate_interval', '1m')),
  );
};

const end = async ({ memwatch: { child, exited } }: Served): Promise<void> => {
  child.kill('SIGINT');
  await exited;
};

test('Prometheus and pprof get what they ask for, and the process is left as it was', async (t) => {
  const target = await startSource(t, service);
  const served = await startServe(t, [String(target.pid), '--port', '0', '--allow-captures']);
  const { address } = served;
  const metrics = await metricsMatching(address, /nodejs_heap_size_used_bytes\{/);
  const valueOf = (name: string): number =>
    Number(new RegExp(`^${name}\\{pid="${target.pid}",script="[^"]*target\\.mjs"\\} (\\S+)$`, 'm').exec(metrics)?.[1]);
  assert.equal(valueOf('memwatch_target_up'), 1);
  assert.ok(valueOf('nodejs_heap_size_used_bytes') > 1e6);
  assert.ok(valueOf('process_resident_memory_bytes') > valueOf('nodejs_heap_size_used_bytes'));
  assert.ok(valueOf('process_open_fds') > 3);

  await t.test('promtool finds no fault', { skip: without('promtool') }, () => {
    execFileSync('promtool', ['check', 'metrics'], { input: metrics, stdio: 'pipe' });
    execFileSync('promtool', ['check', 'rules', repository('docs/fleet/alerts.yml')], { stdio: 'pipe' });
  });
  await t.test('Prometheus scrapes it', { skip: without('prometheus') }, async (scraping) => {
    const folder = temporaryFolder(scraping);
    const [config, own] = [join(folder, 'prometheus.yml'), await freePort()];
    const job = `{job_name: memwatch, scrape_interval: 1s, static_configs: [{targets: ['${new URL(address).host}']}]}`;
    writeFileSync(config, `scrape_configs: [${job}]`);
    const storage = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`];
    const prometheus = await startProcess(
      scraping,
      'prometheus',
      [...storage, `--web.listen-address=127.0.0.1:${own}`],
      { ready: null },
    );
    const query = `http://127.0.0.1:${own}/api/v1/query?query=nodejs_heap_size_used_bytes`;
    const isThere = (): Promise<boolean> =>
      ask(query)
        .then(({ body }) => body.includes(`"pid":"${target.pid}"`))
        .catch(() => false);
    await eventually('Prometheus has the metric', isThere, 60_000);
    for (const query of dashboardQueries()) {
      const answer = await ask(`http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(query)}`);
      assert.match(answer.body, /"status":"success"/, query);
    }
    prometheus.child.kill('SIGKILL'); // before its folder is removed
    await prometheus.exited;
  });
  await t.test('pprof finds what burns and what keeps', { skip: without('go') }, async (asking) => {
    const env = { ...process.env, PPROF_TMPDIR: temporaryFolder(asking) };
    const top = (path: string): Promise<{ stdout: string }> =>
      promisify(execFile)('go', ['tool', 'pprof', '-timeout', '60', '-top', `${address}/debug/pprof/${path}`], {
        env,
        timeout: 60_000,
      });
    assert.match((await top('profile?seconds=1')).stdout, /Type: cpu[^]*burn/);
    assert.match((await top('heap?seconds=1')).stdout, /Type: inuse_space[^]*keep/);
  });

  assert.equal((await ask(`${address}/debug/pprof/profile?seconds=0`)).status, 400);
  assert.equal((await ask(`${address}/debug/pprof/profile?pid=1`)).status, 404);
  assert.equal((await ask(`${address}/metrics`, { host: 'attacker.example' })).status, 403);
  const long = ask(`${address}/debug/pprof/profile?seconds=3`);
  await new Promise((go) => setTimeout(go, 500));
  assert.equal((await ask(`${address}/debug/pprof/profile?seconds=1`)).status, 503);
  assert.equal((await long).status, 200);

  await end(served);
  assert.equal(target.child.exitCode, null);
  await noPortOpen(target.pid);
});

test('the heap profile names what a quiet process keeps: 10 KB a second', { skip: without('go') }, async (t) => {
  const quiet = `
const kept = [];
function keepLittle() { kept.push({ at: Date.now(), words: Array.from({ length: 60 }, (_, i) => i) }); }
setInterval(keepLittle, 50);
console.log('ready');
`;
  const target = await startSource(t, quiet);
  const served = await startServe(t, [String(target.pid), '--port', '0', '--allow-captures']);
  const env = { ...process.env, PPROF_TMPDIR: temporaryFolder(t) };
  const url = `${served.address}/debug/pprof/heap?seconds=8`;
  const { stdout } = await promisify(execFile)('go', ['tool', 'pprof', '-timeout', '60', '-top', url], { env, timeout: 60_000 }); // prettier-ignore
  assert.match(stdout, /Type: inuse_space[^]*keepLittle/);
  await end(served);
});

test('a service that restarts is found again by its name; captures are off unless they are allowed', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'shop-service.mjs');
  writeFileSync(script, service);
  const first = await startProcess(t, process.execPath, [script]);
  const served = await startServe(t, ['shop-service.mjs', '--port', '0']);
  assert.equal((await ask(`${served.address}/debug/pprof/profile`)).status, 403);
  first.child.kill('SIGKILL');
  await printedLine(served.memwatch, new RegExp(`process ${first.pid} `));
  const second = await startProcess(t, process.execPath, [script]);
  await metricsMatching(served.address, new RegExp(`memwatch_target_up\\{pid="${second.pid}"`));
  assert.match(served.memwatch.output(), new RegExp(`^process ${second.pid} is served now$`, 'm'));
  const said = served.memwatch
    .output()
    .split('\n')
    .filter((line) => line.includes('shop-service'));
  assert.equal(said.length, 1, 'the name is explained once, though it is looked up again and again');
  await end(served);
});

test('beyond this machine a token is needed; a Unix socket belongs to its owner', async (t) => {
  const target = await startSource(t, service);
  const refused = await memwatch(['serve', String(target.pid), '--host', '0.0.0.0']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--token-file/);
  const short = await memwatch(['serve', String(target.pid)], { env: { MEMWATCH_TOKEN: 'short' } });
  assert.match(short.stderr, /shorter than 16 characters/);

  const token = 'a-token-of-this-test';
  const open = await startServe(t, [String(target.pid), '--port', '0'], { MEMWATCH_TOKEN: token });
  assert.equal((await ask(`${open.address}/metrics`)).status, 401);
  assert.equal((await ask(`${open.address}/metrics`, { authorization: `Bearer ${token}` })).status, 200);
  await end(open);

  const socket = join(temporaryFolder(t), 'serve.sock');
  const local = await startServe(t, [String(target.pid), '--socket', socket]);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.equal((await ask('http://localhost/metrics', {}, socket)).status, 200);
  await end(local);
});

test('names of processes cannot break the lines of the metrics, nor a terminal', () => {
  const labels = { script: 'a"\\\n\u001b[31m\u202ex' };
  const text = renderPrometheus([{ name: 'm', help: 'h', type: 'gauge', samples: [{ labels, value: 1 }] }]);
  assert.equal(text, '# HELP m h\n# TYPE m gauge\nm{script="a\\"\\\\\\\\n\\\\x1b[31m\\\\u202ex"} 1\n');
});
