/** The model of wires that name it in the path: Azure deployments, Gemini and Vertex, Bedrock. */

const PATTERNS: readonly RegExp[] = [
  /\/openai\/deployments\/([^/]{1,256})\//,
  /\/models\/([^/:]{1,256}):[A-Za-z]/,
  /\/model\/([^/]{1,256})\/(?:converse|invoke|count-tokens)/,
];

/** @param path raw request target. @returns empty where the path names none. */
export function modelInPath(path: string): string {
  const pathOnly = path.split('?', 1)[0] ?? '';
  for (const pattern of PATTERNS) {
    const found = pattern.exec(pathOnly)?.[1];
    if (found === undefined) continue;
    try {
      return decodeURIComponent(found);
    } catch (error) {
      if (error instanceof URIError) return found;
      throw error;
    }
  }
  return '';
}
