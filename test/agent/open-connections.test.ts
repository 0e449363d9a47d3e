import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { openConnections } from '#memwatch/agent/process/sockets.js';
import { startSource } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

test(
  'the open connections of a process are counted, without those of its inspector',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const source = `
    import net from 'node:net'; net.createServer(() => {}).listen(0, '127.0.0.1', function () { console.log('ready', this.address().port); });`;
    const { pid, output } = await startSource(t, source);
    assert.equal(openConnections(pid, 0), 0);
    const port = Number(/ready (\d+)/.exec(output())?.[1]);
    const clients = [1, 2, 3].map(() => connect(port, '127.0.0.1'));
    t.after(() => clients.forEach((client) => client.destroy()));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    await eventually('the server has accepted them', () => openConnections(pid, 0) === 3);
    assert.equal(openConnections(pid, port), 0);
    clients[0]?.destroy();
    await eventually('one is closed', () => openConnections(pid, 0) === 2);
  },
);
