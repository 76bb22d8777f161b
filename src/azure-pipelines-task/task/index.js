'use strict';
// The task: logs in without a key, takes the host out of the release this task belongs to, and runs it. All that is known
// of the federation, and all that is said of it, is the host's.
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { spawn, spawnSync } = require('child_process');
const tl = require('azure-pipelines-task-lib/task');
const { load } = require('./web');

const SYSTEMS = { 'linux-x64': 'linux-x64', 'linux-arm64': 'linux-arm64', 'darwin-arm64': 'osx-arm64', 'win32-x64': 'win-x64' };

/** The arguments of the host: what there is by default is handed on even where it is empty, and the host refuses it. */
function argumentsOf(task) {
  return task.inputs
    .filter(input => input.groupName !== 'login')
    .map(input => ({ name: input.label, value: tl.getInput(input.name, false) || '', byDefault: input.defaultValue }))
    .filter(input => input.value !== '' || input.byDefault !== '')
    .map(input => `--${input.name}=${input.value}`);
}

/** The host of this task's own release; its archive is checked before anything of it runs. */
async function findHost(release) {
  const isMusl = process.platform === 'linux' && !glibc();
  const platform = `${process.platform}-${process.arch}${isMusl ? ' with musl' : ''}`;
  const system = SYSTEMS[platform];
  const digest = system && release.archives[system];
  if (!digest) {
    throw new Error(`There is no release of the host ${release.version} for ${platform}. Use the steps template federate.yml, which builds it.`);
  }

  // A mark names the folder of the complete host with that digest. It arrives by a rename, last of all: what a job that was killed
  // left half-done is named by none, and two jobs that fetch at once unpack into folders of their own.
  const cache = path.join(tl.getVariable('Agent.ToolsDirectory'), 'gke-to-aws-federation', release.version);
  const mark = path.join(cache, `${system}-${digest}`);
  const complete = () => {
    const folder = fs.existsSync(mark) && path.join(cache, fs.readFileSync(mark, 'utf8').trim());
    return folder && fs.existsSync(folder) ? folder : undefined;
  };
  if (!complete()) {
    const base = tl.getVariable('FEDERATION_RELEASES') || `${release.repository}/releases/download`;
    const url = `${base}/v${release.version}/gke-to-aws-federation-${release.version}-${system}.tar.gz`;
    console.log(`Fetching gke-to-aws-federation ${release.version} for ${system} from ${url}`);
    const content = await load(new URL(url), {}, 'FEDERATION_RELEASES names a mirror; HTTPS_PROXY, or the setting of the agent, a proxy.');
    const actual = crypto.createHash('sha256').update(content).digest('hex');
    if (actual !== digest) {
      throw new Error(`${url} has the SHA-256 ${actual}, and ${digest} is expected. Nothing of it was run.`);
    }

    fs.mkdirSync(cache, { recursive: true });
    const folder = fs.mkdtempSync(`${mark}.`);
    try {
      // By standard input, since GNU tar takes what stands before a colon, such as a drive's letter, for the name of a machine.
      const tar = spawnSync('tar', ['-xzf', '-', '-C', folder], { input: content, encoding: 'utf8' });
      if (tar.status !== 0) {
        throw new Error(`tar could not unpack ${url}: ${tar.stderr || tar.error}`);
      }

      fs.chmodSync(folder, 0o755);
      fs.writeFileSync(`${folder}.mark`, path.basename(folder));
      fs.renameSync(`${folder}.mark`, mark);
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  return path.join(complete(), process.platform === 'win32' ? 'Build.exe' : 'Build');
}

/** The version of glibc; none where the C library is another, as in Alpine. */
function glibc() {
  // Else the report looks up the names of this machine's addresses, which can take long.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}

/** The pipeline's own OIDC token, for a service connection or for the pipeline itself; its claims are what a trust has to name. */
async function requestToken(serviceConnection) {
  const address = tl.getVariable('System.OidcRequestUri');
  const access = tl.getEndpointAuthorizationParameter('SYSTEMVSSCONNECTION', 'AccessToken', true);
  if (!address || !access) {
    throw new Error('Azure DevOps offers this job no OIDC token (System.OidcRequestUri is not set). No other credentials are tried.');
  }

  const url = new URL(address);
  url.searchParams.set('api-version', '7.1');
  if (serviceConnection) {
    url.searchParams.set('serviceConnectionId', serviceConnection);
  }

  const headers = { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' };
  const answer = await load(url, { method: 'POST', headers }, 'Azure DevOps gave no OIDC token. No other credentials are tried.');
  const token = tokenIn(answer);
  if (!token) {
    throw new Error(`${url.origin} answered without an OIDC token. No other credentials are tried.`);
  }

  tl.setSecret(token);
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
  console.log(`OIDC token: issuer ${line(claims.iss)}, subject ${line(claims.sub)}, audience ${line(claims.aud)}`);
  return token;
}

/** Nothing where the answer is another, such as the page of a proxy. */
function tokenIn(answer) {
  try {
    return JSON.parse(answer.toString('utf8')).oidcToken;
  } catch {
    return undefined;
  }
}

/** What a token says may hold nothing that the agent would take for a command. */
function line(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}]/gu, '?').replace(/##/g, '#\\#');
}

/** For AWS: the SDK of the host exchanges the token itself. */
async function logInToAws(environment, temp) {
  const connection = tl.getInput('awsServiceConnection', false);
  if (!connection) {
    return;
  }

  const authorization = tl.getEndpointAuthorization(connection, true);
  if (!authorization) {
    throw new Error(`There is no service connection ${connection}, or this pipeline may not use it. awsServiceConnection names it.`);
  }

  const { scheme, parameters } = authorization;
  // The AWS toolkit writes this scheme for a connection with "Use OIDC" on, and the role beside it.
  if (scheme !== 'None' || !parameters.role) {
    throw new Error('The AWS service connection holds a key. Turn on "Use OIDC" in it and name the role to assume; keys are not used here.');
  }

  environment.AWS_WEB_IDENTITY_TOKEN_FILE = secretFile(temp, 'aws-token', await requestToken(connection));
  environment.AWS_ROLE_ARN = parameters.role;
  environment.AWS_ROLE_SESSION_NAME = parameters.roleSessionName || 'gke-to-aws-federation';
}

/** For Google: a configuration of workload identity federation, which names a file that has the token, and no key. */
async function logInToGoogle(environment, temp) {
  const provider = tl.getInput('googleWorkloadIdentityProvider', false);
  if (!provider) {
    return;
  }

  const account = tl.getInput('googleServiceAccount', false);
  environment.GOOGLE_APPLICATION_CREDENTIALS = secretFile(temp, 'google.json', JSON.stringify({
    type: 'external_account',
    audience: `//iam.googleapis.com/${provider}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { file: secretFile(temp, 'google-token', await requestToken()) },
    ...(account ? { service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken` } : {}),
  }));
}

function secretFile(folder, name, content) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, content, { mode: 0o600 });
  return file;
}

/** Runs the host on this process's own streams, and hands it the signals that the agent ends a task by. */
function runHost(host, args, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(host, args, { stdio: 'inherit', env: environment });
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => child.kill(signal));
    }

    child.on('error', reject);
    child.on('close', code => resolve(code));
  });
}

async function main() {
  const temp = fs.mkdtempSync(path.join(tl.getVariable('Agent.TempDirectory'), 'federation-'));
  try {
    // The task's library takes inputs out of the environment; by this one the host knows that it runs as a step.
    const environment = { ...process.env, INPUT_TARGET: tl.getInput('target', false) || '' };
    await logInToAws(environment, temp);
    await logInToGoogle(environment, temp);
    const host = await findHost(require('./version.json'));
    const code = await runHost(host, argumentsOf(require('./task.json')), environment);
    // The host has said why: one error for one cause.
    tl.setResult(code === 0 ? tl.TaskResult.Succeeded : tl.TaskResult.Failed, '');
  } finally {
    fs.rmSync(temp, { recursive: true, force: true });
  }
}

main().catch(error => tl.setResult(tl.TaskResult.Failed, error.message));
