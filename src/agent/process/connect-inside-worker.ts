/**
 * The process that network.ts starts in another network namespace. In: a host and a port. Out: the connected socket, or
 * what failed, as a message to memwatch. It ends after that, and when memwatch does.
 */
import { connect } from 'node:net';

const [host = '', port = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
const end = (): void => process.disconnect();
const socket = connect({ host, port: Number(port) });
socket.on('connect', () => process.send?.('connected', socket, end));
socket.on('error', ({ message }) => process.send?.(message, end));
