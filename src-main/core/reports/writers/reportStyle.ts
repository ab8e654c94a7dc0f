/** Colours are those of the panel; printing is always light. */
export const REPORT_STYLE = `
:root{--bg:#fff;--panel:#f6f7f9;--line:#dfe3ea;--text:#1a1f29;--dim:#566072;--ok:#1d7f4e;--warn:#8f5f00;--bad:#b42330;--streaming:#2463c2;--chunked:#7b48cc;--original:#0d8577}
@media screen and (prefers-color-scheme:dark){:root{--bg:#0f1115;--panel:#161a21;--line:#2a313d;--text:#e6e9ef;--dim:#98a2b3;--ok:#4cc78a;--warn:#e0a83e;--bad:#f07f88;--streaming:#6ea8fe;--chunked:#b48cf2;--original:#3fc1b0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:14px/1.5 Inter,"Noto Sans","Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic",system-ui,sans-serif;font-variant-numeric:tabular-nums;word-break:keep-all;overflow-wrap:anywhere}
header,main{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:28px}
.brand{margin:0;color:var(--dim);font-size:12px;letter-spacing:.02em}
h1{margin:2px 0 4px;font-size:24px;line-height:1.25}
h2{margin:0 0 10px;font-size:17px}
h3{margin:18px 0 6px;font-size:14px}
p{margin:0 0 8px}
.sub{color:var(--dim);font-size:12.5px}
header .sub{margin:0}
section{margin:22px 0;padding:18px 20px;border:1px solid var(--line);border-radius:10px;background:var(--panel)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:10px;margin-bottom:10px}
.tile{display:flex;flex-direction:column;padding:10px 12px;border:1px solid var(--line);border-radius:8px;background:var(--bg)}
.tile span{color:var(--dim);font-size:12.5px}
.tile b{font-size:20px;line-height:1.3}
.tile i{margin-top:auto;color:var(--dim);font-size:12.5px;font-style:normal}
.tile.good b,.good{color:var(--ok)}.tile.warn b,.warn{color:var(--warn)}.tile.bad b,.bad{color:var(--bad)}
.verdict{display:inline-block;padding:4px 12px;border:1px solid currentcolor;border-radius:99px;font-weight:650}
.say{font-size:15px;margin-bottom:6px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse}
thead{display:table-header-group}
th{text-align:left;font-weight:560;vertical-align:top}
thead th{padding:6px 10px 6px 0;color:var(--dim);font-size:12px;font-weight:500;border-bottom:1px solid var(--line)}
td,tbody th{padding:7px 10px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child>*{border-bottom:0}
.figures thead th:not(:first-child),.wide thead th:not(:first-child){text-align:right}
.figures th,.figures .num{white-space:nowrap;overflow-wrap:normal}
.p,.mode{white-space:nowrap;overflow-wrap:normal}
.p+.p::before{content:" · "}
.figures thead th{white-space:normal;vertical-align:bottom}
.num{text-align:right}
.figures th:last-child,.figures td:last-child{padding-right:0}
.counted td:first-child{min-width:150px}
.counted th{white-space:nowrap}
.counted thead th:nth-child(2){text-align:right}
td:not(.num):last-child{text-align:left}
.figures td:not(.num):last-child{text-align:right}
code{font:12.5px/1.45 "JetBrains Mono","Noto Sans Mono",ui-monospace,Consolas,monospace}
code.long{font-size:11.5px;color:var(--dim)}
.key{display:inline-block;width:9px;height:9px;margin-right:7px;border-radius:50%;background:currentcolor}
.m-streaming{color:var(--streaming)}.m-chunked{color:var(--chunked)}.m-original{color:var(--original)}
figure{margin:0 0 14px}
figcaption{margin-bottom:4px;font-weight:560}
figcaption .sub{font-weight:400}
figcaption.sub{max-width:820px;font-weight:400;text-align:right}
svg{display:block;width:100%;max-width:820px;height:auto}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:14px}
.row svg{max-width:340px}
svg text{fill:var(--text);font-size:12px}
svg .tick{fill:var(--dim);font-size:11px}
svg .mono{font-family:"JetBrains Mono","Noto Sans Mono",ui-monospace,Consolas,monospace;font-size:11px}
svg .grid{stroke:var(--line);fill:none}
svg .dot{fill:currentcolor;opacity:.32}
svg .range{fill:currentcolor;opacity:.5}
svg .mark,svg .bar{fill:currentcolor}
svg .bad{fill:var(--bad)}
svg .line{fill:none;stroke:var(--streaming);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.files{margin:4px 0 0;padding-left:18px}
.files li{margin:1px 0}
.diff{margin:4px 0 0;line-height:1.75}
del{color:var(--bad);text-decoration-thickness:1.5px}
ins{color:var(--ok);text-decoration:underline dotted 1.5px;text-underline-offset:3px}
ins.sub-word{color:var(--warn);text-decoration-style:solid}
.rate{font-weight:560}
.rate,.wide th{white-space:nowrap;overflow-wrap:normal}
.chip{display:inline-block;margin:0 6px 6px 0;padding:1px 8px;border:1px solid var(--line);border-radius:99px;background:var(--bg);font-size:12.5px}
.chip b{color:var(--dim);font-weight:500}
dl{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:6px 18px;margin:0}
dt{color:var(--dim)}dd{margin:0;min-width:0}dd ul{margin:0;padding-left:18px}
.reading{margin:0;padding-left:18px;color:var(--dim);font-size:13px}
.reading li{margin-bottom:6px}
@media (max-width:640px){header,main{padding:0 12px}section{padding:14px 12px}dl{grid-template-columns:1fr;gap:0 0}dd{margin-bottom:8px}}
@media print{@page{size:A4;margin:14mm 12mm}body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}header,main{max-width:none;padding:0}section{margin:12px 0;padding:12px 14px}h2,h3,figcaption{break-after:avoid}tr,figure,.tile,.row>div{break-inside:avoid}.scroll{overflow:visible}table{font-size:9pt}thead th,.sub,code{font-size:8.5pt}.figures{font-size:8pt}.figures td,.figures th{padding-right:6px}.figures .sub{font-size:7pt}.figures .num{white-space:nowrap}.p{display:block}.p+.p::before{content:none}.tiles{grid-template-columns:repeat(4,1fr)}.tile b{font-size:14pt}}
`;
