/** The style of memwatch's pages. Colours are names, so that a page is readable in a light and in a dark browser. */

/** Shared by reports and flame graphs. */
export const pageColors = `:root{color-scheme:light dark;--ground:#fff;--raised:#f5f6f8;--text:#1d2129;--quiet:#5b6470;--rule:#d5d9df;--bar:#cfe0f7;--line:#1f66b8;--second:#b35c00;--bad:#b3261e;--good:#1b7a3d;--open:#8a5a00;--mark:#fff3c4}
@media (prefers-color-scheme:dark){:root{--ground:#15181d;--raised:#1e2229;--text:#e3e6eb;--quiet:#9aa4b1;--rule:#353c46;--bar:#24405f;--line:#6aaefc;--second:#ffb05c;--bad:#ff8a80;--good:#6fd08c;--open:#f0c060;--mark:#3d3610}}
body{background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}`;

export const pageStyle = `${pageColors}
body{margin:0 auto;max-width:72rem;padding:1.2rem}
header{border-left:.4rem solid var(--quiet);padding:.2rem 0 .2rem 1rem}header.bad{border-color:var(--bad)}header.good{border-color:var(--good)}header.open{border-color:var(--open)}
header p{margin:.1rem 0;color:var(--quiet)}h1{font-size:1.45rem;line-height:1.3;margin:.1rem 0 .4rem;overflow-wrap:anywhere}.bad h1{color:var(--bad)}.good h1{color:var(--good)}.open h1{color:var(--open)}
section{margin-top:2rem}h2{font-size:1.1rem;margin:0 0 .6rem;overflow-wrap:anywhere}
p{overflow-wrap:anywhere}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:600;color:var(--quiet);border-bottom:1px solid var(--rule);white-space:nowrap}td,th{padding:.2rem 1rem .2rem 0;vertical-align:top}td.text:not(:last-child){white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.code,pre,dd{font-family:ui-monospace,monospace;font-size:.87em}.code{overflow-wrap:anywhere;min-width:11rem}
td.number{background:linear-gradient(var(--bar),var(--bar)) no-repeat left/var(--share,0%) 100%}
dl{display:grid;grid-template-columns:fit-content(14rem) minmax(0,1fr);gap:.15rem 1rem;margin:.5rem 0}dt{color:var(--quiet);text-align:right;overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere;line-height:1.65}
pre{background:var(--raised);border:1px solid var(--rule);border-radius:.3rem;padding:.5rem 0;overflow-x:auto;margin:.6rem 0}pre span{display:block;padding:0 .8rem;min-width:max-content}pre .here{background:var(--mark)}pre i{color:var(--quiet);font-style:normal;user-select:none}
figure{margin:.8rem 0}figcaption{color:var(--quiet)}figcaption b{font-weight:600}.first{color:var(--line)}.second{color:var(--second)}svg{display:block;width:100%;height:9rem;background:var(--raised);border-radius:.3rem}
polyline{fill:none;stroke:currentColor;stroke-width:2;vector-effect:non-scaling-stroke}
footer{margin-top:2.5rem;border-top:1px solid var(--rule);padding-top:.6rem;color:var(--quiet);font-size:.9em}footer p{margin:.15rem 0}
@media (max-width:40rem){td,th{padding-right:.6rem}td.text:not(:last-child){white-space:normal}.code{min-width:8rem}dl{grid-template-columns:minmax(0,1fr)}dt{text-align:left}body{padding:.8rem}h1{font-size:1.2rem}}
@media print{body{max-width:none}}`;
