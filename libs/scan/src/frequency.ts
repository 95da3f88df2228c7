/**
 * How often ordinary text (prose, code, documents, JSON: weighed 5 : 2 : 2 : 1) holds a literal: from pairs of neighbouring
 * characters, and from common words, which are far commoner than their letters say. Rough on purpose: it chooses, nothing more.
 */
import { DIGIT_SYMBOL, SPACE_SYMBOL } from './symbol.ts';

const SCALE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** −log2 of a share, in thirds of a bit: A is 1, D one half. Columns: a to z, white space, digit, other ASCII, the rest. */
const FIRST = 'NUQQLSTRNaWPRNNQbNNMRVUXTdJRJQ';
/** By symbol before. */
const AFTER = [
  'eQNNeWQeOcVKNJgOhKMIRTVWRbMWQd',
  'KXWaHbabMObJZaKZcOPYKcbdNZSTMZ',
  'KcTaKeeJOfNOceGXeNTKPfegUgQXPk',
  'MYXRGaUcLccTUbMYfRPYQYceShGXJe',
  'NYONTSVbXcdPQKXTTJKNbSUPTiIZKh',
  'LbVbLOdeIccQbaHddLUQNdcdSdIUNj',
  'ObXcHaTNKdcQXPQVdMQRPabcVcHXIe',
  'JbccEdfeKffYXWKceRXMRgdhWeKYMj',
  'RUMOOPPgefXNOGKQcQKKdRhVgUTZRe',
  'MWXWHXVVRWUWWXKUVVFXNRQXXWWQSf',
  'QXWVETUXJaZTYOVWaUNWUXYaTaJSJb',
  'LYYOHVaZJeaKYcKVhbPPOWahNgKaLe',
  'IPYWGcXeLYdSQZLKccPaRadeTdLVLe',
  'MdNKMTKcQdWTZUNVgZKJRUgeVhJaLc',
  'WRQNWNTcUbTOMGQOiIQPLSPYagMbSl',
  'JYZYIdZTMfcKUaJPfJNMOZdcWgQYMk',
  'VVVXVWWWUWVQWWVVVVVVCXWVWVSPLg',
  'MaSRGWTdKjUTRQKYiQNNQUajQjKbLf',
  'RdPaJaePMiWWYYOQdaNIQbXhUiHaIf',
  'NdTbJadIKigVYcLRiMOQQfXePhIZKd',
  'QPQRKTQfPfdKMKZPdIKJdffYbdOYVf',
  'IaYaDbUbIccabbOabaYaYZaZYbVOOi',
  'JbZYKaZJHcbWZOLbcOOUccSbacKVNj',
  'MZOZOXYYPYZUWXVHZWXHXYYVQYLPHb',
  'RWVZQaaaUbaSTQKJbWOPabWcYYFVGb',
  'KUSTGUUSLUURTTNTTUUUQVTTRNQNJa',
  'LQNRPOURNYXSQQOPbONKTUPgUdzRGS',
  'UWWWXWYYYZWYWXYYZZVXYZZVZZLEEV',
  'RURSTUWUTXYUTTURdSQQXXXbcfEOFY',
  'befihkjjfmidfdjfrdXclikmkjLVRB',
];

/** By −log2 of their share of a text's characters. */
const WORDS: readonly (readonly [number, string])[] = [
  [10, 'const type'],
  [11, 'string from you this with name https node key return'],
  [
    12,
    'true not api json new import text number readonly value your description request what function version http error export content will code null should data github path expect',
  ],
  [
    13,
    'await when false default about body license schema url object stream client log response options modules file problem write session event async which message have input admin headers length record first array server where require integrity example order create their status query user shell application only using index openai boolean buffer provide kind yaml max start config optional like need',
  ],
  [
    14,
    'output model apache search required promise bytes auth also other before after route call each void events read returns would date properties npm redis method describe tenant console does result match access case tool current prompt source undefined count state format process port answer found help backend parts components href schemas next used close include want html limit style title pattern context information caller header types host make fast such docs engines gateway img arguments usage without interface same please enabled items rules plugin plugins integer proxy details values must check typescript policy reply curl tokens cache post keys parameters service specific block based secret system edge mode unknown hello note following metadata agent size dependencies throw field given custom label parse handler spec world src language summary could namespace fault while package requests origin control javascript push support docker python upstream address www most',
  ],
  [
    15,
    'action metrics linux give part subject image fetch svg database every city just step root command toequal base else connection resolve token nothing well project generate life work class extends width been between reason task high never local sessions enum environment until useful httpbin entry level script explain table many typeof provider different clock localhost take debug methods both place stringify people fields glob including instance assert routes tools exchange param range available adc names through messages web reference year property character story password ensure short build anything module target incarnation within files change controller install nodes engine why callback pull examples back location generated group cpu consumer signal snapshot invalid hash features jwt full ready said design responses cookie color errors socket specified tables option always known valid calls installation performance empty unavailable allow parser filter expecttypeof principal follow characters additionally gpt view parent apiversion provided development commands weather domain called patterns another operation point pass rfc instead business natural credential points endpoint software child pool news words still join equal second center tostring space history ajv ipv bash shields refusal steps slice keep know depth running maximum created backends above word author paths whether unit contracts company single timeout directory review being turn background scope tests marketing nodejs listen services connect least times includes clear look total something question allowed under tabs during orders rows postgres npmjs cluster below questions strictequal right document functions around badge form imagine encoding tags since readable variables email master binding person window library execute models catch john plain weight because oxc hold fastify latest matches standard constructor good wikipedia permission kill expected whole instructions free focus analysis objects',
  ],
  [
    16,
    'ignore three supported product completed internal users update music website changes issues undici original public anthropic params light func roundrobin left piece health results apply book throws selector username risk kysely blocks foreign security streams compare batch research funding credentials utf testing show network entries duration multiple accepted strings split global planning chunk experience sponsors basic flag techniques memory failed wait actions link tips accept mcp writing enable abort small websocket align identify queue large added setting written strategy unique problems minimum addr account guide external started byte family defaults finish creating face named program great versions numbers png edges labels cursor topic issue audit detailed storage section native those template soft opts report verify metric possible lighting protocol elements professional seconds impact exact against severity days alpha argument share remove deep technology either watch according prefix needs blob movie final logger years much down camera sync display again kernel dotenv jack owner reader discussing potential expression semver release dispatcher continue toml asked break records looking market simple wrong changed payload working implement quality passed returned modern cannot etcd half reasoning expert detail video says additional args maxlength variable settings white consider contains bearer resource supports ipaddr customer delete ingress travel game complete pick otherwise social behind wolfram sampled',
  ],
];

const COLUMNS = FIRST.length;
const OTHER_ASCII = 28;
const REST = 29;

/** Rows as numbers: AFTER, and FIRST behind the last. */
const bits = Float64Array.from([...AFTER, FIRST].join(''), (one) => SCALE.indexOf(one) / 3);

function columnOf(symbol: number): number {
  if (symbol >= 0x61 && symbol <= 0x7a) return symbol - 0x61;
  if (symbol === SPACE_SYMBOL) return 26;
  if (symbol === DIGIT_SYMBOL) return 27;
  return symbol < 0x80 ? OTHER_ASCII : REST;
}

/** Other ASCII and the rest are many symbols in one column: bits that tell one of them from the others. */
const COMMON = new Set([...'"./,:-\'()_=;'].map((one) => one.charCodeAt(0)));
const within = (symbol: number, column: number): number => {
  if (column === OTHER_ASCII) return COMMON.has(symbol) ? 3.5 : 6;
  return column === REST ? 5 : 0;
};

const byWord = new Map<string, number>();
function wordShare(word: string): number {
  const known = byWord.get(word);
  if (known !== undefined) return known;
  let share = 0;
  for (const [exponent, words] of WORDS) {
    for (let at = words.indexOf(word); at >= 0; at = words.indexOf(word, at + 1)) share += 2 ** -exponent;
  }
  byWord.set(word, share);
  return share;
}

const WORD_LITERAL = /^[a-z]{3,} ?$/;

/** @returns expected occurrences per character of a literal of symbols. */
export function shareOf(literal: string): number {
  let sum = 0;
  let row = COLUMNS;
  for (let i = 0; i < literal.length; i++) {
    const symbol = literal.charCodeAt(i);
    const column = columnOf(symbol);
    sum += (bits[row * COLUMNS + column] ?? 0) + within(symbol, column);
    row = column;
  }
  const byPairs = 2 ** -sum;
  return WORD_LITERAL.test(literal) ? Math.max(byPairs, wordShare(literal.trimEnd())) : byPairs;
}
