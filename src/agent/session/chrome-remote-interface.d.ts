/** What protocol.ts uses of chrome-remote-interface 0.34; its published types are pinned to a protocol of 2023. */
declare module 'chrome-remote-interface' {
  interface Client {
    send(method: string, params: object | undefined): Promise<unknown>;
    on(event: string, listener: (params: never) => void): void;
    removeListener(event: string, listener: (params: never) => void): void;
    close(): Promise<void>;
  }
  const connect: (options: { target: string; local: true }) => Promise<Client>;
  // oxlint-disable-next-line import/no-default-export -- the package is CommonJS
  export default connect;
}
