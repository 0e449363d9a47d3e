// A store of sessions. Rightly used (open, close) it keeps nothing; `open` alone adds one Session to `sessions` that
// nothing removes, and the test beside this file shows how memwatch says so.
const sessions = new Map();

class Session {
  constructor(user) {
    this.user = user;
    this.pages = [];
  }

  visit(page) {
    this.pages.push(page);
  }
}

export const open = (id) => {
  sessions.set(id, new Session(`user-${id}`));
};

export const close = (id) => {
  sessions.delete(id);
};
