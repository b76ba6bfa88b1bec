/**
 * Pages of containers, made to live below our prefix: addresses that begin at their server's root are led back there.
 *
 * Leaves out what scripts put together by themselves and assign as a location: the page's own server never learns of
 * the prefix.
 */

/** Attributes whose value is an address. */
const ATTRIBUTES =
  /(<[a-z][^<>]*?\s(?:href|src|action|formaction|poster|cite|data|background|hx-get|hx-post)\s*=\s*)(["']?)\/(?![/>])/gi;
const SRCSETS = /(\ssrcset\s*=\s*)(["'])([^"']*)\2/gi;
const STYLE_URLS = /(url\(\s*["']?)\/(?!\/)/gi;
const STYLE_IMPORTS = /(@import\s+["'])\/(?!\/)/gi;
const REFRESHES = /(<meta[^>]*http-equiv\s*=\s*["']?refresh["']?[^>]*url\s*=\s*["']?)\/(?!\/)/gi;

/** A page whose links, forms, pictures and styles lead below a base (`/x/ID.KEY/HOST`). */
export function pageBelow(html: string, base: string): string {
  let page = html;
  // One attribute of a tag hides the next from the pattern: it is applied until nothing changes.
  for (let before = ""; before !== page; ) {
    before = page;
    page = page.replace(ATTRIBUTES, (whole, head: string, quote: string, offset: number) =>
      page.startsWith(`${base.slice(1)}/`, offset + whole.length) ? whole : `${head}${quote}${base}/`,
    );
  }
  page = page.replace(SRCSETS, (_, head: string, quote: string, list: string) => {
    return `${head}${quote}${list.replace(/(^|,\s*)\/(?!\/)/g, `$1${base}/`)}${quote}`;
  });
  page = page.replace(REFRESHES, `$1${base}/`);
  page = page.replace(/<style\b[^>]*>[\s\S]*?<\/style>/gi, (style) => styleBelow(style, base));
  const script = `<script>${SHIM.replace("BASE", () => JSON.stringify(base).replaceAll("<", "\\u003c"))}</script>`;
  return /<head\b[^>]*>/i.test(page) ? page.replace(/<head\b[^>]*>/i, (head) => head + script) : script + page;
}

/** A style sheet whose pictures and imports lead below a base. */
export const styleBelow = (css: string, base: string): string =>
  css.replace(STYLE_URLS, `$1${base}/`).replace(STYLE_IMPORTS, `$1${base}/`);

/** Leads what a page's scripts ask for below the base as well. It tells the page nothing it cannot read elsewhere. */
const SHIM =
  "(()=>{const b=BASE,f=u=>{const s=String(u);return s[0]==='/'&&s[1]!=='/'&&!s.startsWith(b+'/')?b+s:s};" +
  "const F=window.fetch;window.fetch=(u,o)=>F(typeof u==='string'||u instanceof URL?f(u):u,o);" +
  "const O=XMLHttpRequest.prototype.open;XMLHttpRequest.prototype.open=function(m,u,...r){return O.call(this,m,f(u),...r)};" +
  "const W=window.WebSocket;window.WebSocket=class extends W{constructor(u,...p){const t=new URL(u,document.baseURI);" +
  "if(t.host===new URL(document.baseURI).host)t.pathname=f(t.pathname);" +
  "t.protocol=t.protocol.replace('http','ws');super(t.href,...p)}};" +
  "const E=window.EventSource;if(E)window.EventSource=class extends E{constructor(u,o){super(f(u),o)}}})();";
