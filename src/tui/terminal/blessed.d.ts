/** What screen.ts uses of blessed (@farjs/blessed 0.4), most of which its published types leave out. */
declare module 'blessed/lib/widgets/screen.js' {
  export interface Key {
    readonly name?: string;
    readonly ctrl?: boolean;
    readonly shift?: boolean;
    readonly meta?: boolean;
    readonly sequence?: string;
  }
  export interface Program {
    /** Restores the terminal; the returned function takes it over again. */
    pause(): () => void;
    /** Output waits until the end of this turn of the event loop. */
    useBuffer: boolean;
    flush(): void;
    on(event: 'resize', listener: () => void): void;
    _owrite(text: string): void;
  }
  export interface Screen {
    readonly program: Program;
    readonly cols: number;
    readonly rows: number;
    /** The cells of each row: [packed attributes, letters]. */
    readonly lines: ([number, string][] & { dirty: boolean })[];
    /** Empties the cells, so that all of them are drawn the next time. */
    alloc(): void;
    draw(first: number, last: number): void;
    on(event: 'keypress', listener: (character: string | undefined, key: Key) => void): void;
    on(event: 'mouse', listener: (data: { action: string; x: number; y: number }) => void): void;
    destroy(): void;
  }
  export type CreateScreen = (options: {
    terminal: string;
    forceUnicode: boolean;
    fullUnicode: boolean;
    smartCSR: boolean;
    title: string;
  }) => Screen;
}
