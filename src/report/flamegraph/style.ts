/** The style of the flame graph's page: a colour for each kind of code, in a light and in a dark browser. */
import { pageColors } from '../page/style.js';

export const flamegraphStyle = `${pageColors}
:root{--application:#f28e5c;--package:#e8c468;--node:#8fbf8f;--native:#8ab4d8;--gc:#d58ab0;--state:#b9bec6;--grew:#e0645a;--shrank:#5a8fe0;--found:#c44fd0;--label:#16181c}
@media (prefers-color-scheme:dark){:root{--application:#b9592a;--package:#8c6e26;--node:#447a48;--native:#3d6a92;--gc:#8d4468;--state:#565d68;--grew:#b03a32;--shrank:#3460ad;--found:#b23dbe;--label:#fff}}
body{margin:1rem 1.5rem}h1{font-size:1.2rem;margin:0;overflow-wrap:anywhere}h2{font-size:1rem;overflow-wrap:anywhere}header p{margin:.2rem 0 .6rem;color:var(--quiet)}#legend span{color:var(--label);padding:0 .5rem;border-radius:.2rem}
${['application', 'package', 'node', 'native', 'gc', 'grew', 'shrank'].map((kind) => `.${kind}{background:var(--${kind})}`).join('')}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}input,button{font:inherit}
#chart svg,#sandwich svg{display:block}.d3-flame-graph rect{stroke:var(--ground)!important;stroke-width:.5;fill-opacity:1!important}.d3-flame-graph rect:hover{stroke:var(--text)!important;cursor:pointer}.d3-flame-graph .fade{opacity:.6!important}
.d3-flame-graph-label{white-space:nowrap;text-overflow:ellipsis;overflow:hidden;font-size:12px;margin:0 4px;line-height:1.5;color:var(--label)!important;text-align:left}
#details{font-family:ui-monospace,monospace;min-height:1.4em;margin:.4rem 0 1rem;overflow-wrap:anywhere}#sandwich{border:1px solid var(--rule);border-radius:.3rem;padding:0 .8rem .8rem;margin-bottom:1rem}#sandwich p{margin:.4rem 0;color:var(--quiet)}
.scroll{overflow-x:auto}table{border-collapse:collapse}th{cursor:pointer;text-align:left;border-bottom:1px solid var(--rule);white-space:nowrap}
td,th{padding:.15rem .8rem .15rem 0;font-variant-numeric:tabular-nums}td:nth-child(-n+3),th:nth-child(-n+3){text-align:right;white-space:nowrap}td:nth-child(4){cursor:pointer}
td:nth-child(n+4){font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere;min-width:9rem}#matched{color:var(--found)}
@media (max-width:40rem){td,th{padding-right:.5rem}th:nth-child(-n+3){white-space:normal}td:nth-child(n+4){min-width:7rem}}`;
