/**
 * The parts of chrome-remote-interface 0.34, and of the WebSocket inside it, that connection.ts uses; neither has types of
 * its own.
 */
declare module 'chrome-remote-interface/lib/chrome.js' {
  import type { EventEmitter } from 'node:events';
  import type { Agent } from 'node:http';

  interface Options {
    /** A `ws://` address. */
    target: string;
    /** The domains to make methods for; none, because memwatch sends commands by name. */
    protocol: { domains: readonly never[] };
  }

  export interface WebSocket extends EventEmitter {
    terminate(): void;
    close(): void;
  }

  interface WebSocketOptions {
    maxPayload: number;
    perMessageDeflate: boolean;
    /** Makes the connection, if it is given. */
    agent: Agent | undefined;
  }
  export type WebSocketClass = new (url: string, protocols: readonly never[], options: WebSocketOptions) => WebSocket;

  export default class Chrome {
    /** Emits `connect` or `error` on the notifier. */
    constructor(options: Options, notifier: EventEmitter);
    /** Set a moment after the constructor returns. */
    _ws?: WebSocket;
    on(event: string, listener: (params: never) => void): this;
    off(event: string, listener: (params: never) => void): this;
    setMaxListeners(count: number): this;
    send(method: string, params: unknown): Promise<unknown>;
    emit(event: string): boolean;
    _handleMessage(message: object): void;
    /** Rejects the commands that wait. */
    _handleConnectionClose(): void;
    /** Creates the WebSocket and waits until it is open. */
    _connectToWebSocket(): Promise<void>;
  }
}
