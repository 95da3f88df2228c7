/** Shapes of credentials that providers give out: how they begin, what follows, what goes in their place. */

interface KeyShape {
  readonly prefix: string;
  /** What follows the prefix; every repetition is bounded, so that one place costs at most some hundred steps. */
  readonly body: string;
  /** `[REDACTED_<name>]` */
  readonly name: string;
}

const AN = '[A-Za-z0-9]';
const W = '[\\w-]';
const HEX = '[0-9a-fA-F]';

const shapes = (name: string, body: string, ...prefixes: readonly string[]): KeyShape[] =>
  prefixes.map((prefix) => ({ prefix, body, name }));

/** The documentation of each provider; where it gives no length, the least that is seen. */
export const KEY_SHAPES: readonly KeyShape[] = [
  // Models. `sk-` (OpenAI, Anthropic, OpenRouter, DeepSeek …) is of the seeds' ten.
  ...shapes('API_KEY', `${W}{35}`, 'AIza'),
  ...shapes('API_KEY', `${AN}{40,200}`, 'gsk_', 'xai-', 'pplx-'),
  ...shapes('API_KEY', `${W}{24,200}`, 'csk-', 'nvapi-', 'tvly-', 'jina_', 'fw_', 'pcsk_', 'tgp_v1_', 'sess-'),
  ...shapes('API_KEY', `${AN}{2,4}_${AN}{32}_${AN}{10}`, 'lsv2_'),
  ...shapes('API_KEY', `${W}{8}-${W}{4}-${W}{4}-${W}{4}-${W}{12}`, 'pk-lf-'),
  ...shapes('API_KEY', '[a-f0-9]{48}', 'sk_'),
  ...shapes('HUGGINGFACE_TOKEN', '[A-Za-z0-9]{30,60}', 'hf_', 'api_org_'),
  ...shapes('REPLICATE_TOKEN', `${AN}{37,40}`, 'r8_'),
  // Clouds.
  ...shapes('AWS_KEY', '[A-Z2-7]{16}(?![A-Za-z0-9])', 'ABIA', 'ACCA', 'A3T'),
  ...shapes('AWS_KEY', '[A-Za-z0-9+/]{100,200}={0,2}', 'ABSK'),
  ...shapes('AWS_KEY', '[A-Za-z0-9+/=]{20,255}', 'bedrock-api-key-'),
  ...shapes('GOOGLE_TOKEN', `${W}{20,255}`, 'GOCSPX-'),
  ...shapes('DIGITALOCEAN_TOKEN', '[a-f0-9]{64}', 'dop_v1_', 'doo_v1_', 'dor_v1_'),
  ...shapes('ALIBABA_KEY', `${AN}{17,24}(?![A-Za-z0-9])`, 'LTAI'),
  ...shapes('YANDEX_KEY', `${W}{35,38}`, 'AQVN', 'YCA'),
  ...shapes('DATABRICKS_TOKEN', '[a-f0-9]{32}(?:-\\d)?', 'dapi'),
  ...shapes('FLY_TOKEN', '[\\w+/=,-]{40,255}', 'fo1_', 'fm1r_', 'fm1a_', 'fm2_'),
  ...shapes('HEROKU_TOKEN', `${W}{36,64}`, 'HRKU-'),
  ...shapes(
    'CLOUD_TOKEN',
    `${W}{24,128}`,
    'rnd_',
    'nfp_',
    'sbp_',
    'napi_',
    'tskey-',
    'bkua_',
    'dckr_pat_',
    'pscale_tkn_',
  ),
  ...shapes(
    'CLOUD_TOKEN',
    `${W}{24,128}`,
    'pscale_pw_',
    'pscale_oauth_',
    'CCIPAT_',
    'dckr_oat_',
    'nvx_',
    'vcp_',
    'cfut_',
    'cfat_',
  ),
  ...shapes('ORIGIN_CA_KEY', '[a-f0-9]{24}-[a-f0-9]{40,160}', 'v1.0-'),
  // Code and packages.
  ...shapes('GITHUB_TOKEN', `${AN}{36,255}`, 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'),
  ...shapes('GITHUB_TOKEN', '\\w{22,255}', 'github_pat_'),
  ...shapes(
    'GITLAB_TOKEN',
    `[\\w.-]{20,300}`,
    'glpat-',
    'gldt-',
    'glcbt-',
    'glptt-',
    'glft-',
    'glimt-',
    'glagent-',
    'glsoat-',
  ),
  ...shapes('GITLAB_TOKEN', `[\\w.-]{20,300}`, 'glrt-', 'gloas-', 'glffct-', 'glrtr-', 'GR1348941'),
  ...shapes('NPM_TOKEN', `${AN}{36}`, 'npm_'),
  ...shapes('PYPI_TOKEN', `${W}{50,255}`, 'pypi-'),
  ...shapes('PACKAGE_TOKEN', `${HEX}{48}`, 'rubygems_'),
  ...shapes('PACKAGE_TOKEN', `${AN}{32,60}`, 'cio', 'CLOJARS_', 'oy2'),
  ...shapes('ARTIFACTORY_KEY', `${AN}{50,90}`, 'AKCp', 'cmVmdGtuO'),
  ...shapes('ATLASSIAN_TOKEN', '[\\w=-]{24,255}', 'ATATT3', 'ATCTT3', 'ATBB'),
  ...shapes('SOURCEGRAPH_TOKEN', `(?:(?:${AN}{16}|local)_)?${HEX}{40}`, 'sgp_', 'slk_'),
  ...shapes(
    'BUILD_TOKEN',
    `${W}{24,128}`,
    'pul-',
    'sqp_',
    'squ_',
    'sqa_',
    'snyk_',
    'ico-',
    'pnu_',
    'pnb_',
    'figd_',
    'tfp_',
  ),
  // Messages and mail.
  ...shapes(
    'SLACK_TOKEN',
    `[\\w.-]{10,255}`,
    'xoxa-',
    'xoxb-',
    'xoxc-',
    'xoxd-',
    'xoxe-',
    'xoxe.',
    'xoxo-',
    'xoxp-',
    'xoxr-',
  ),
  ...shapes('SLACK_TOKEN', `${W}{20,255}`, 'xoxs-', 'xapp-', 'xwfp-'),
  ...shapes('SENDGRID_KEY', `${W}{16,32}\\.[\\w-]{16,64}`, 'SG.'),
  ...shapes('TWILIO_KEY', '[a-f0-9]{32}(?![A-Za-z0-9])', 'SK', 'AC'),
  ...shapes('MAIL_KEY', '[a-f0-9]{32}(?![A-Za-z0-9])', 'key-', 'pubkey-'),
  ...shapes('MAIL_KEY', `[a-f0-9]{64}-${AN}{16}`, 'xkeysib-', 'xsmtpsib-'),
  // Money.
  ...shapes('STRIPE_KEY', `(?:live|test|prod)_${AN}{10,240}`, 'sk_', 'pk_', 'rk_', 'ek_'),
  ...shapes('STRIPE_KEY', '[\\w+/=]{20,128}', 'whsec_'),
  ...shapes('SQUARE_TOKEN', `${W}{22,60}`, 'sq0atp-', 'sq0csp-', 'sq0idp-', 'EAAA'),
  ...shapes('SHOPIFY_TOKEN', `${HEX}{32}`, 'shpat_', 'shpca_', 'shppa_', 'shpss_', 'shptka_'),
  ...shapes(
    'PAYMENT_KEY',
    `${W}{20,128}`,
    'FLWSECK_TEST-',
    'FLWSECK-',
    'rzp_live_',
    'rzp_test_',
    'EZAK',
    'EZTK',
    'shippo_live_',
  ),
  ...shapes(
    'PAYMENT_KEY',
    `${W}{20,128}`,
    'shippo_test_',
    'access-sandbox-',
    'access-production-',
    'duffel_live_',
    'duffel_test_',
  ),
  // What watches, stores and signs.
  ...shapes('SENTRY_TOKEN', '[\\w+/=.-]{40,255}', 'sntrys_', 'sntryu_'),
  ...shapes('GRAFANA_TOKEN', '[\\w+/=]{32,255}', 'glc_', 'glsa_'),
  ...shapes('NEWRELIC_KEY', `${W}{26,40}`, 'NRAK-', 'NRJS-', 'NRII-', 'NRAL-'),
  ...shapes('DYNATRACE_TOKEN', `[A-Z0-9]{24}\\.[A-Z0-9]{64}`, 'dt0c01.', 'dt0s01.'),
  ...shapes('ANALYTICS_KEY', `${AN}{32,64}`, 'phc_', 'phx_'),
  ...shapes('LINEAR_KEY', `${AN}{32,64}`, 'lin_api_', 'lin_oauth_'),
  ...shapes('NOTION_TOKEN', `${AN}{43,50}`, 'ntn_', 'secret_'),
  ...shapes('POSTMAN_KEY', `${HEX}{24}-${HEX}{34}`, 'PMAK-'),
  ...shapes('README_KEY', `${W}{60,90}`, 'rdme_'),
  ...shapes('VAULT_TOKEN', `${W}{24,300}`, 'hvs.', 'hvb.', 'hvr.'),
  ...shapes('DOPPLER_TOKEN', `[a-z]{2,10}\\.[\\w.-]{40,64}`, 'dp.'),
  ...shapes('PASSWORD_STORE_TOKEN', `[\\w+/=-]{60,300}`, 'ops_'),
  ...shapes(
    'PASSWORD_STORE_TOKEN',
    `[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}`,
    'A3-',
  ),
  ...shapes('OPENSHIFT_TOKEN', `${W}{43}`, 'sha256~'),
  ...shapes('AGE_KEY', '[A-Z0-9]{58}', 'AGE-SECRET-KEY-1'),
  ...shapes('OCTOPUS_KEY', '[A-Z0-9]{25,32}(?![A-Za-z0-9])', 'API-'),
  ...shapes('HUBSPOT_TOKEN', `\\d-${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}`, 'pat-na', 'pat-eu'),
  ...shapes('FACEBOOK_TOKEN', `${AN}{80,255}`, 'EAAM', 'EAAC', 'EAAB', 'EAAG', 'EAAD', 'EAAJ'),
  ...shapes('ADAFRUIT_KEY', `${AN}{28}`, 'aio_'),
  ...shapes('FRAMEIO_TOKEN', `${W}{64}`, 'fio-u-'),
  ...shapes('VOICEFLOW_KEY', '(?:DM|WS)\\.[a-f0-9]{24}\\.\\w{16}', 'VF.'),
  ...shapes('ZOHO_TOKEN', '[a-f0-9]{32}\\.[a-f0-9]{32}', '1000.'),
  ...shapes('SOCIAL_SECRET', `[0-9a-f]{64}`, 's-s4t2ud-', 's-s4t2af-', 'u-s4t2ud-', 'u-s4t2af-'),
];
