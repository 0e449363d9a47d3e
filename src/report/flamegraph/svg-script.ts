/**
 * The script of a flame graph's picture: a click on a box makes it as wide as the picture, with its callers and callees; a
 * click beside the boxes shows all again. Its source is copied into the picture, so it uses nothing from outside itself. It
 * reads the names of functions from the picture, as text, and sets them as text.
 */

interface Shape {
  textContent: string;
  getAttribute(name: string): string;
  setAttribute(name: string, value: string): void;
  querySelector(selector: string): Shape | null;
  append(child: Shape): void;
  addEventListener(event: string, listener: () => void): void;
}

interface Picture {
  readonly document: {
    querySelector(selector: string): Shape;
    querySelectorAll(selector: string): Iterable<Shape>;
    createElementNS(space: string, name: string): Shape;
  };
}

interface Span {
  readonly x: number;
  readonly width: number;
  /** Callers are below their callees. */
  readonly y: number;
}

interface Box extends Span {
  readonly group: Shape;
  readonly rect: Shape;
  readonly text: Shape;
  readonly name: string;
}

export const zoomOnClick = (): void => {
  const { document } = globalThis as unknown as Picture;
  const all: Span = { x: 10, width: 1180, y: Infinity };
  const [letter, rounding] = [7, 0.2];
  const number = (shape: Shape, name: string): number => Number(shape.getAttribute(name));
  const part = (group: Shape, name: string): Shape =>
    group.querySelector(name) ?? document.createElementNS('http://www.w3.org/2000/svg', name);
  const boxOf = (group: Shape): Box => {
    const [rect, text] = [part(group, 'rect'), part(group, 'text')];
    group.append(text);
    const name = part(group, 'title').textContent.replace(/ \([^()]*\)$/, '');
    text.setAttribute('y', String(number(rect, 'y') + 10.5));
    return { group, rect, text, name, x: number(rect, 'x'), y: number(rect, 'y'), width: number(rect, 'width') };
  };
  const isIn = (inner: Span, outer: Span): boolean =>
    inner.x > outer.x - rounding && inner.x + inner.width < outer.x + outer.width + rounding && inner.y <= outer.y;
  const draw = ({ group, rect, text, name }: Box, from: number, width: number): void => {
    const letters = Math.floor((width - 6) / letter);
    rect.setAttribute('x', String(from));
    rect.setAttribute('width', String(width));
    text.setAttribute('x', String(from + 3));
    text.textContent = letters < 3 ? '' : name.length > letters ? `${name.slice(0, letters - 2)}..` : name;
    group.setAttribute('display', 'inline');
  };
  const zoom = (to: Span): void => {
    const scale = all.width / to.width;
    for (const box of boxes) {
      if (isIn(to, box)) draw(box, all.x, all.width);
      else if (isIn(box, to)) draw(box, all.x + (box.x - to.x) * scale, box.width * scale);
      else box.group.setAttribute('display', 'none');
    }
  };
  const boxes = [...document.querySelectorAll('.func_g')].map(boxOf);
  for (const box of boxes) box.group.addEventListener('click', () => zoom(box));
  document.querySelector('#svg-background').addEventListener('click', () => zoom(all));
};
