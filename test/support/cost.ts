/** What tests of `cpu` and `alloc` read out of the JSON documents. */
export interface FunctionCost {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly calls: number | null;
  readonly selfUs: number;
  readonly totalUs: number;
  readonly selfBytes: number;
  readonly totalBytes: number;
  readonly liveBytes: number | null;
  readonly package: string | null;
  readonly mayBeInlined: boolean;
}

export interface LineCost {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly selfUs: number;
  readonly inlined: boolean;
}

export const functionsOf = (document: Record<string, unknown>): FunctionCost[] =>
  document['functions'] as FunctionCost[];
export const linesOf = (document: Record<string, unknown>): LineCost[] => document['lines'] as LineCost[];

/** The function of that name; if there is none, throws with all names. */
export const functionNamed = (document: Record<string, unknown>, name: string): FunctionCost => {
  const found = functionsOf(document).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `no function ${name} among ${functionsOf(document)
      .map((one) => one.name)
      .join(', ')}`,
  );
};
