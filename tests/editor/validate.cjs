/*
 * What validators of others say of manifests, by pidlet's own schemas:
 *
 *     node validate.cjs NODE_MODULES ajv SCHEMA FILE…          JSON Schema, each document of each file
 *     node validate.cjs NODE_MODULES editor SCHEMA FILE…       the language server of YAML editors
 *     node validate.cjs NODE_MODULES openapi DOCUMENT          the document itself
 *
 * Prints one JSON object: {"FILE": [{"path": "spec.containers[0].image", "line": 3, "message": "…"}…]…}.
 */
"use strict";
const fs = require("fs");
const path = require("path");
const { spawn } = require("child_process");
const { createRequire } = require("module");
const { pathToFileURL } = require("url");

const [, , modules, mode, schemaFile, ...files] = process.argv;
const from = createRequire(path.join(path.resolve(modules), "node_modules", "none.cjs"));

/* ["spec", "containers", "0", "image"] as pidlet's findings have it. */
function pathOf(words) {
    let text = "";
    for (const word of words) {
        if (/^\d+$/.test(word))
            text += `[${word}]`;
        else
            text += text === "" ? word : `.${word}`;
    }
    return text;
}

/* ---- ajv ---- */

function wordsOf(error) {
    const words = error.instancePath.split("/").slice(1).map((w) => w.replace(/~1/g, "/").replace(/~0/g, "~"));
    const { missingProperty, additionalProperty, propertyName } = error.params;
    const last = missingProperty ?? additionalProperty ?? propertyName;
    return last === undefined ? words : [...words, last];
}

function documentsOf(text) {
    const { parseAllDocuments } = from("yaml");
    /* YAML 1.1, as Kubernetes reads it. */
    const documents = parseAllDocuments(text, { version: "1.1", merge: true });
    for (const document of documents) {
        if (document.errors.length > 0)
            throw document.errors[0];
    }
    return documents.map((d) => d.toJS()).filter((d) => d !== null && d !== undefined);
}

function ajv() {
    const Ajv = from("ajv").default;
    /* Strict: what the validator does not know is an error, but for what editors alone know. */
    const compiler = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false,
                               strictTuples: false, allowUnionTypes: true });
    compiler.addVocabulary(["errorMessage", "patternErrorMessage"]);
    compiler.addFormat("byte", true);
    const validate = compiler.compile(JSON.parse(fs.readFileSync(schemaFile, "utf8")));
    const found = {};
    for (const file of files) {
        found[file] = [];
        let documents = [];
        try {
            documents = documentsOf(fs.readFileSync(file, "utf8"));
        } catch (error) {               /* no YAML: not a matter of the schema */
            found[file].push({ path: "", message: error.message });
        }
        for (const document of documents) {
            if (!validate(document))
                found[file].push(...validate.errors.map((e) => ({ path: pathOf(wordsOf(e)), message: e.message })));
        }
    }
    return found;
}

/* ---- the language server ---- */

class Server {
    constructor() {
        const program = path.join(path.resolve(modules), "node_modules/yaml-language-server/bin/yaml-language-server");
        this.process = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
        this.process.stdout.on("data", (bytes) => this.take(bytes));
        this.rest = Buffer.alloc(0);
        this.answers = new Map();
        this.diagnostics = new Map();
        this.waiting = new Map();
        this.id = 0;
    }

    take(bytes) {
        this.rest = Buffer.concat([this.rest, bytes]);
        for (;;) {
            const head = this.rest.indexOf("\r\n\r\n");
            const length = head < 0 ? null : /Content-Length: (\d+)/i.exec(this.rest.subarray(0, head).toString());
            if (length === null || this.rest.length < head + 4 + Number(length[1]))
                return;
            const end = head + 4 + Number(length[1]);
            const message = JSON.parse(this.rest.subarray(head + 4, end).toString());
            this.rest = this.rest.subarray(end);
            this.handle(message);
        }
    }

    handle(message) {
        if (message.method === undefined) {
            this.answers.get(message.id)(message.result);
        } else if (message.method === "textDocument/publishDiagnostics") {
            const { uri, diagnostics } = message.params;
            if (this.waiting.has(uri))
                this.waiting.get(uri)(diagnostics);
        } else if (message.id !== undefined) {
            const result = message.method === "workspace/configuration"
                ? message.params.items.map((item) => (item.section === "yaml" ? this.settings : null)) : null;
            this.send({ id: message.id, result });
        }
    }

    send(message) {
        const text = JSON.stringify({ jsonrpc: "2.0", ...message });
        this.process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    }

    request(method, params) {
        const id = ++this.id;
        this.send({ id, method, params });
        return new Promise((done) => this.answers.set(id, done));
    }

    async start() {
        this.settings = {
            schemas: { [pathToFileURL(path.resolve(schemaFile)).href]: "*.yaml" },
            schemaStore: { enable: false }, kubernetesCRDStore: { enable: false },
            validate: true, hover: true, completion: true, yamlVersion: "1.1", keyOrdering: false,
        };
        await this.request("initialize", {
            processId: process.pid, rootUri: null, workspaceFolders: null,
            capabilities: { workspace: { configuration: true }, textDocument: { publishDiagnostics: {} } },
        });
        this.send({ method: "initialized", params: {} });
        this.send({ method: "workspace/didChangeConfiguration", params: { settings: { yaml: this.settings } } });
        await this.configured();
    }

    /* It asks for the settings when it likes, and finds nothing wrong until it has them. */
    async configured() {
        for (let i = 0; i < 300; i++) {
            const found = await this.open(`file:///no-schema-takes-${i}.yaml`, "[]");
            if (found.length > 0)
                return;
        }
        throw new Error("the language server takes no schema");
    }

    open(uri, text) {
        return new Promise((done) => {
            this.waiting.set(uri, done);
            this.send({ method: "textDocument/didOpen",
                        params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
        });
    }

    check(file) {
        return this.open(pathToFileURL(path.resolve(file)).href, fs.readFileSync(file, "utf8"));
    }
}

async function editor() {
    const server = new Server();
    const found = {};
    await server.start();
    /* All at once: the server waits a while before it looks at one. */
    const all = await Promise.all(files.map((file) => server.check(file)));
    files.forEach((file, i) => {
        found[file] = all[i].map((d) => ({ line: d.range.start.line + 1, message: d.message }));
    });
    server.process.kill();
    return found;
}

/* ---- OpenAPI ---- */

async function openapi() {
    const { Validator } = await import(pathToFileURL(from.resolve("@seriousme/openapi-schema-validator")).href);
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(fs.readFileSync(schemaFile, "utf8")));
    const errors = result.valid ? [] : [].concat(result.errors);
    return { [schemaFile]: errors.map((e) => ({ path: e.instancePath ?? "", message: e.message ?? String(e) })),
             version: validator.version };
}

Promise.resolve({ ajv, editor, openapi }[mode]()).then((found) => console.log(JSON.stringify(found)));
