'use strict';
// What the task asks of the web itself: through the proxy that the agent or the environment names, within bounds, and again where
// an answer breaks off.
const tl = require('azure-pipelines-task-lib/task');
const { fetch, ProxyAgent } = require('undici');

const ATTEMPTS = 4;
const SILENCE = 20_000;
const LAST_BEGINNING = 60_000;

/**
 * The body of an answer. An attempt ends after 20 s without a byte, and after a minute none begins: where nothing comes, all of it
 * takes less than two minutes.
 */
async function load(url, options, hint) {
  const begun = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadOnce(url, options);
    } catch (error) {
      const reason = error.cause?.message || error.cause?.code || error.message;
      if (error.isFinal || attempt === ATTEMPTS || Date.now() - begun >= LAST_BEGINNING) {
        throw new Error(`${address(url)}: ${reason}. ${hint}`);
      }

      console.log(`${address(url)}: ${reason}; trying again`);
      await new Promise(resolve => setTimeout(resolve, attempt * 1000));
    }
  }
}

async function loadOnce(url, options) {
  const proxy = proxyFor(url);
  const dispatcher = proxy && new ProxyAgent(proxy);
  const abort = new AbortController();
  let watch;
  const heard = () => {
    clearTimeout(watch);
    watch = setTimeout(() => abort.abort(new Error(`nothing came for ${SILENCE / 1000} s`)), SILENCE);
  };
  try {
    heard();
    const answer = await fetch(url, { ...options, dispatcher, signal: abort.signal });
    if (!answer.ok) {
      const isPassing = answer.status >= 500 || answer.status === 408 || answer.status === 429;
      throw Object.assign(new Error(`the answer is ${answer.status}`), { isFinal: !isPassing });
    }

    const parts = [];
    for await (const part of answer.body) {
      heard();
      parts.push(part);
    }

    return Buffer.concat(parts);
  } finally {
    clearTimeout(watch);
    await dispatcher?.destroy();
  }
}

/** The agent's own proxy setting comes first, with its list of exceptions; without one the variables that curl reads. */
function proxyFor(url) {
  if (tl.getVariable('Agent.ProxyUrl')) {
    return tl.getHttpProxyConfiguration(url.href)?.proxyFormattedUrl;
  }

  const variable = name => process.env[name.toLowerCase()] || process.env[name];
  const excepted = (variable('NO_PROXY') || '').split(/[\s,]+/).filter(Boolean);
  return excepted.some(entry => isIn(url, entry)) ? undefined : variable(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
}

/** An entry of NO_PROXY is *, or a host, which stands for those below it as well; a port narrows it. */
function isIn(url, entry) {
  const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase().replace(/^\*?\./, ''));
  const isHost = name === '*' || url.hostname === name || url.hostname.endsWith(`.${name}`);
  return isHost && (!port || port === (url.port || (url.protocol === 'https:' ? '443' : '80')));
}

/** Without the query, which is nobody's business. */
function address(url) {
  return `${url.origin}${url.pathname}`;
}

module.exports = { load };
