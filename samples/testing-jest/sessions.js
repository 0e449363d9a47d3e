// A store of sessions. If used correctly (open, close), it retains nothing; `open` alone adds one Session to `sessions`
// that nothing removes, and the test next to this file shows how memwatch reports it.
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

const open = (id) => {
  sessions.set(id, new Session(`user-${id}`));
};

const close = (id) => {
  sessions.delete(id);
};

const closeAll = () => {
  sessions.clear();
};

module.exports = { open, close, closeAll };
