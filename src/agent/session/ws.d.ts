/** What socket.ts uses of ws 8; the package brings no types of its own. */
declare module 'ws' {
  interface Options {
    maxPayload: number;
    handshakeTimeout: number;
    followRedirects: boolean;
    perMessageDeflate: boolean;
  }
  export default class Connection {
    constructor(url: string, options: Options);
    on(event: 'open' | 'close', listener: () => void): this;
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    send(text: string, sent: (error?: Error | null) => void): void;
    close(): void;
    terminate(): void;
  }
}
