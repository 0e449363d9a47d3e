/** Which process listens on which TCP port. */
export { listeningPaths, openConnections, socketPeers, withoutBrackets, type ListeningPort } from './proc-sockets.js';
export { holdersOf, listeningPorts, openPortReader } from './system.js';
