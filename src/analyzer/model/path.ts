/** A retaining path as every report shows it: steps from a root to an object, without V8's stores between them. */
import type { NodeTypeName } from './heap-graph.js';

export interface PathStep {
  /**
   * The holder's name for it, the same from run to run: a property, a variable, `[]` for any element, `entry` for any entry
   * of a Map. Empty for the first step; `…` if steps are left out.
   */
  readonly edge: string;
  /** The same with what distinguishes it from its neighbours: `[12]`, `entry "user-7"`. */
  readonly label: string;
  /** A property or variable, an element, or a word for something that has no name in the program. */
  readonly kind: 'property' | 'element' | 'word';
  readonly name: string;
  /** `module` for a file whose variable or exports lead on: `name` is the file's, `id` that of its scope. */
  readonly type: NodeTypeName | 'module';
  /** V8's id, printed as `@id`. */
  readonly id: number;
}
