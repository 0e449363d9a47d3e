// No leak: objects that are known by weak references alone, with a registry that takes dead ones out.
const alive = new Map();
const registry = new FinalizationRegistry((key) => alive.delete(key));

export const iterate = (_, i) => {
  const session = { i, pages: [] };
  alive.set(i, new WeakRef(session));
  registry.register(session, i);
};
