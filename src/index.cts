/** The public library for CommonJS: the same modules, which Node can load by `require` from 20.19 on. */
import library = require('./index.js');
export = library;
