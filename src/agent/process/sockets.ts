/** Which process listens on which TCP port. */
export { listeningPaths, socketPeers, withoutBrackets, type ListeningPort } from './proc-sockets.js';
export { holdersOf, listeningPorts, openPortReader } from './system.js';
