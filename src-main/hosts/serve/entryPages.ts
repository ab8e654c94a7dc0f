/** The few pages a browser sees before it has a session: bilingual, because nothing is known about its user yet. */

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,"Noto Sans CJK KR",sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem}
h1{font-size:1.4rem}section{margin:2rem 0}code{white-space:nowrap;padding:.1em .35em;border-radius:.3em;background:color-mix(in srgb,currentColor 12%,transparent)}
[hidden]{display:none}`;

function page(nonce: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nightshift</title><link rel="icon" href="data:,">
<style nonce="${nonce}">${STYLE}</style>${head}</head><body><main>
<h1>Nightshift</h1>
${body}
</main></body></html>
`;
}

const COMMANDS = '<code>nightshift serve --link</code>';
const NPM_COMMANDS = '<code>npm run nightshift -- serve --link</code>';

const NEEDS_LINK = `<section lang="ko"><p>이 브라우저는 아직 패널에 연결되지 않았습니다. 처음 출력된 링크가 이미 사용되었거나, 10분이 지났거나, 잃어버린 것입니다.</p>
<p>패널이 실행 중인 컴퓨터의 터미널에서 ${COMMANDS} (또는 저장소 폴더에서 ${NPM_COMMANDS})을 실행하고, 출력된 링크를 주소창에 붙여 넣으세요. <code>--data-dir</code>을 지정해 시작했다면 같은 값을 함께 쓰세요. 실행 중인 작업에는 영향이 없습니다.</p></section>
<section lang="en"><p>This browser is not connected to the panel yet. The link that was printed has been used, is older than ten minutes, or was lost.</p>
<p>In a terminal on the machine that serves the panel run ${COMMANDS} (or ${NPM_COMMANDS} in the folder of the repository), and paste the link it prints into the address bar. If the panel was started with <code>--data-dir</code>, give the same one. Nothing that is running is disturbed.</p></section>`;

/** Shown with status 401 wherever a page was asked for without a session. */
export function renderNeedsLinkPage(nonce: string): string {
  return page(nonce, NEEDS_LINK);
}

/** Shown where another site led here: its click must not act, the user's own paste may. */
export function renderPastePage(nonce: string): string {
  return page(
    nonce,
    `<section lang="ko"><p>다른 웹 페이지에서 온 요청이라 열지 않았습니다. 링크를 복사해 주소창에 직접 붙여 넣으세요.</p></section>
<section lang="en"><p>Another web page asked for this, so it was not opened. Copy the link and paste it into the address bar yourself.</p></section>`,
  );
}

/** Exchanges the token behind `#` for a session (see `ENTRY_SCRIPT`) and goes on to the panel. */
export function renderEntryPage(nonce: string): string {
  return page(
    nonce,
    `<p id="working">연결하는 중… / Connecting…</p>
<div id="busy" hidden><section lang="ko"><p>잘못된 링크가 너무 많이 시도되었습니다. 1분 뒤에 다시 시도하세요.</p></section>
<section lang="en"><p>Too many wrong links were tried. Try again in a minute.</p></section></div>
<div id="failed" hidden>${NEEDS_LINK}<p><a href="/">패널 열기 / Open the panel</a></p></div>
<noscript><p>패널에는 JavaScript가 필요합니다. / The panel needs JavaScript.</p></noscript>`,
    '<script src="/enter.js" type="module"></script>',
  );
}

export const ENTRY_SCRIPT = `const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', '/enter');
function show(id) {
  for (const name of ['working', 'busy', 'failed']) document.getElementById(name).hidden = name !== id;
}
async function enter() {
  if (token === null) return show('failed');
  try {
    const response = await fetch('/enter', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if ((await response.json()).ok) location.replace('/');
    else show(response.status === 429 ? 'busy' : 'failed');
  } catch {
    show('failed');
  }
}
void enter();
`;
