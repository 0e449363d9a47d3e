// No leak: objects that only weak references refer to, with a registry that removes dead references.
const alive = new Map();
const registry = new FinalizationRegistry((key) => alive.delete(key));

export const iterate = (_, i) => {
  const session = { i, pages: [] };
  alive.set(i, new WeakRef(session));
  registry.register(session, i);
};
