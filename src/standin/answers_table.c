/* SPDX-License-Identifier: MIT */
/* answers_table.c - all answers: names, statuses, bodies */
#include "answers.h"

#define JSON "application/json"
#define GIN  "application/json; charset=utf-8"
#define HTML "text/html; charset=UTF-8"
#define TEXT "text/plain; charset=utf-8"

/* ---- The service's own envelope --------------------------------------------- */

#define KLING_BODY(code)                                                               \
    "{'code':" #code ",'message':'{{text}}','request_id':'{{uuid}}'}"
#define KLING(status, code, message, note)                                             \
    {                                                                                  \
        "kling-" #code, status, JSON, message, KLING_BODY(code), NULL, WIRE_WHOLE, 0,  \
            note                                                                       \
    }
/* The same with HTTP 200: an error that the HTTP status does not show. */
#define KLING_200(code, message)                                                       \
    {                                                                                  \
        "kling-200-" #code, 200, JSON, message, KLING_BODY(code), NULL, WIRE_WHOLE, 0, \
            "code " #code " with HTTP 200"                                             \
    }

/* ---- The gateway's envelopes ------------------------------------------------ */

#define FETCH(status, code)                                                            \
    {                                                                                  \
        "fetch-" #code, status, GIN, NULL,                                             \
            "{'code':'fail_to_fetch_task','message':'{{inner}}','data':null}", NULL,   \
            WIRE_WHOLE, 0, "kling-" #code " as a JSON string inside of message"        \
    }
#define ERROR_BODY(code, type)                                                         \
    "{'error':{'code':" code                                                           \
    ",'message':'{{text}} (request id: {{gateway_id}})','type':'" type "'}}"
#define COMET(name, status, code, message, note)                                       \
    {                                                                                  \
        name, status, GIN, message, ERROR_BODY(code, "comet_api_error"), NULL,         \
            WIRE_WHOLE, 0, note                                                        \
    }
#define GATEWAY(name, status, body, message, note)                                     \
    {                                                                                  \
        name, status, GIN, message, body, NULL, WIRE_WHOLE, 0, note                    \
    }
#define FLAT_BODY(code) "{'code':" code ",'message':'{{text}}','data':null}"

/* ---- The edge --------------------------------------------------------------- */

#define EDGE_PAGE(status, title)                                                       \
    "<!DOCTYPE html>\n<html lang='en-US'>\n<head><title>api.example | " #status        \
    ": " title "</title></head>\n<body><h1>" title " <span>Error code " #status        \
    "</span></h1><p>Ray ID: {{ray}}</p></body>\n</html>\n"
#define CLOUDFLARE(status, title)                                                      \
    {                                                                                  \
        "cloudflare-" #status, status, HTML, NULL, EDGE_PAGE(status, title),           \
            "Server: cloudflare\nCF-RAY: {{ray}}-FRA", WIRE_WHOLE, ANSWER_EDGE,        \
            "an HTML page of the edge: " title                                         \
    }

/* ---- Successes -------------------------------------------------------------- */

#define IMAGES(list)                                                                   \
    "{'code':0,'message':'SUCCEED','data':{'task_result':{'images':" list "}}}"
#define FOUND     "'data':{'task_result':{'images':[{{regions}}]}}"
#define YES(type) "{'type':'" type "','is_contain':true}"
#define NO(type)  "{'type':'" type "','is_contain':false}"
#define OK_BODY(name, body, flags, note)                                               \
    {                                                                                  \
        name, 200, JSON, NULL, body, NULL, WIRE_WHOLE, ANSWER_JUDGED | (flags), note   \
    }
#define OK_LIST(name, list, note) OK_BODY(name, IMAGES(list), 0, note)
#define KLING_OK                                                                       \
    "{'code':0,'message':'SUCCEED','request_id':'{{uuid}}','data':{"                   \
    "'final_unit_deduction':'0.1','task_result':{'images':[{{kling_regions}}]},"       \
    "'final_unit_deduction':'0.1','final_balance_deduction':{'quota':'0.014',"         \
    "'list_price':'0.014'}}}"
#define PLAIN(name, status, type, body, note)                                          \
    {                                                                                  \
        name, status, type, NULL, body, NULL, WIRE_WHOLE, 0, note                      \
    }
#define MOVED(status)                                                                  \
    {                                                                                  \
        "http-" #status, status, HTML, NULL, "<a href='/'>Moved</a>\n",                \
            "Location: {{origin}}/standin/redirected", WIRE_WHOLE, 0,                  \
            "a redirect; /standin/stats shows whether it was followed"                 \
    }
#define WIRED(name, wire, note)                                                        \
    {                                                                                  \
        name, 200, JSON, NULL, IMAGES("[{{regions}}]"), NULL, wire, ANSWER_JUDGED,     \
            note                                                                       \
    }
#define CLOSED(name, wire, note)                                                       \
    {                                                                                  \
        name, 0, NULL, NULL, NULL, NULL, wire, 0, note                                 \
    }

const struct answer standin_answers_table[] = {
    /* Successes */
    OK_BODY("ok", IMAGES("[{{regions}}]"), ANSWER_BY_SHAPE,
            "success, in the shape that belongs to the path"),
    OK_BODY("ok-comet", IMAGES("[{{regions}}]"), 0, "success as CometAPI documents it"),
    OK_BODY("ok-kling", KLING_OK, 0,
            "success as Kling documents it, with URLs and deductions"),
    OK_LIST("ok-empty", "[]", "success with an empty list"),
    OK_LIST("ok-head-only", "[" YES("head_seg") "]", "three regions are not reported"),
    OK_LIST("ok-unknown-type", "[{{regions}},{'type':'hand_seg','is_contain':true}]",
            "an unknown fifth region"),
    OK_LIST("ok-many", "[{{many}}]", "two hundred regions"),
    OK_LIST("ok-twice", "[" NO("face_seg") "," YES("face_seg") "]",
            "one region twice, with false and true"),
    OK_LIST("ok-null-url",
            "[{'type':'object_seg','is_contain':true,'url':null},{'type':'face_seg','"
            "is_contain':false,'url':''}]",
            "url is null and empty"),
    OK_LIST("ok-number-flags",
            "[{'type':'object_seg','is_contain':1},{'type':'face_seg','is_contain':0}]",
            "is_contain is 1 and 0"),
    OK_LIST("ok-string-flags",
            "[{'type':'object_seg','is_contain':'true'},{'type':'face_seg','is_contain'"
            ":'false'}]",
            "is_contain is a string"),
    OK_LIST("ok-null-flag",
            "[{'type':'object_seg','is_contain':null},{'type':'face_seg'}]",
            "is_contain is null and missing"),
    OK_LIST("ok-odd-entries",
            "[null,1,'x',[],{},{'type':5,'is_contain':true}," YES("object_seg") "]",
            "entries that are not regions"),
    OK_LIST("ok-images-object", YES("object_seg"), "images is not a list"),
    OK_BODY("ok-unknown-fields",
            "{'code':0,'message':'SUCCEED','extra':{'a':[1,2.5,null]},'data':{'version'"
            ":2,'task_result':{'images':[{'type':'object_seg','is_contain':true,'score'"
            ":0.9}],'videos':[]}}}",
            0, "unknown fields"),
    OK_BODY("ok-string-code", "{'code':'0','message':'SUCCEED'," FOUND "}", 0,
            "code is the string 0"),
    OK_BODY("ok-real-code", "{'code':0.0,'message':'SUCCEED'," FOUND "}", 0,
            "code is 0.0"),
    OK_BODY("ok-lower-case", "{'code':0,'message':'success'," FOUND "}", 0,
            "another spelling of the message"),
    OK_BODY("ok-number-units",
            "{'code':0,'message':'SUCCEED','request_id':'{{uuid}}','data':{'task_"
            "result':{'images':[{{regions}}]},'final_unit_deduction':0.1,'final_"
            "balance_deduction':0.014}}",
            0, "deductions are numbers"),
    OK_BODY("ok-no-images", "{'code':0,'message':'SUCCEED','data':{'task_result':{}}}",
            0, "task_result is empty"),
    OK_BODY("ok-no-result", "{'code':0,'message':'SUCCEED','data':{}}", 0,
            "data is empty"),
    OK_BODY("ok-no-data", "{'code':0,'message':'SUCCEED'}", 0, "no data"),
    OK_BODY("ok-null-data", "{'code':0,'message':'SUCCEED','data':null}", 0,
            "data is null"),
    OK_BODY("ok-no-code", "{'message':'SUCCEED'," FOUND "}", 0, "no code"),
    OK_BODY("ok-null-code", "{'code':null,'message':'SUCCEED'," FOUND "}", 0,
            "code is null"),
    OK_BODY("ok-escapes", "{'code':0,'message':'a\\u0000b\\ud83d\\ude00\\n'," FOUND "}",
            0, "a NUL and an emoji as escapes in the message"),
    OK_BODY("ok-bad-utf8", "{'code':0,'message':'\xff\xfe'," FOUND "}", 0,
            "bytes that are not UTF-8"),
    OK_BODY("ok-bom", "\xef\xbb\xbf" IMAGES("[{{regions}}]"), 0,
            "a byte order mark before the JSON"),
    OK_BODY("ok-trailing", IMAGES("[{{regions}}]") "\n\ntrailing", 0,
            "text after the JSON"),
    OK_BODY("ok-big", "{'code':0,'message':'SUCCEED','filler':'{{filler}}'," FOUND "}",
            0, "success of 2 MiB"),
    OK_BODY("ok-deep", "{'code':0,'message':'SUCCEED','deep':{{deep}}," FOUND "}", 0,
            "lists that are nested ten thousand levels"),
    {"ok-text-type", 200, TEXT, NULL, IMAGES("[{{regions}}]"), NULL, WIRE_WHOLE,
     ANSWER_JUDGED, "success with Content-Type text/plain"},
    {"ok-no-type", 200, NULL, NULL, IMAGES("[{{regions}}]"), NULL, WIRE_WHOLE,
     ANSWER_JUDGED, "success without a Content-Type"},
    {"ok-201", 201, JSON, NULL, IMAGES("[{{regions}}]"), NULL, WIRE_WHOLE,
     ANSWER_JUDGED, "success with HTTP 201"},
    {"ok-long-header", 200, JSON, NULL, IMAGES("[{{regions}}]"), "X-Filler: {{long}}",
     WIRE_WHOLE, ANSWER_JUDGED, "success with a header of 8000 characters"},

    /* The codes of Kling. Some texts of 1201 were observed on the live service; most of
       the others were not. */
    KLING(401, 1000, "Authentication failed", "authentication failed"),
    KLING(401, 1001, "Authorization is empty", "no Authorization"),
    KLING(401, 1002, "Authorization is invalid", "Authorization is not a bearer token"),
    KLING(401, 1003, "Authorization is not yet valid", "token is not valid yet"),
    KLING(401, 1004, "Authorization has expired", "token has expired"),
    KLING(429, 1100, "Account exception", "abnormal account; permanent"),
    KLING(429, 1101, "Account in arrears", "in arrears; permanent"),
    KLING(429, 1102, "Account balance not enough", "resource pack used up; permanent"),
    KLING(403, 1103, "No permission for this resource",
          "no permission for the API or model"),
    KLING(400, 1200, "Invalid request parameters", "invalid parameters"),
    KLING(400, 1201, "Failed to resolve the request body",
          "invalid key or value; the message says which"),
    KLING(404, 1202, "Request method is invalid", "wrong method"),
    KLING(404, 1203, "Model is not found", "no such resource"),
    KLING(400, 1300, "Request violates the platform policy", "platform policy"),
    KLING(400, 1301, "Failure to pass the risk control system",
          "content policy; refuses this image only"),
    KLING(429, 1302, "Too many requests", "rate limit; temporary"),
    KLING(429, 1303, "parallel task over resource pack limit",
          "concurrency limit; temporary"),
    KLING(429, 1304, "IP is not in the whitelist", "IP not allowed; permanent"),
    KLING(500, 5000, "Internal server error", "server error"),
    KLING(503, 5001, "Service is under maintenance",
          "unavailable, usually maintenance"),
    KLING(504, 5002, "Internal timeout", "internal timeout"),
    KLING(418, 1999, "A code of tomorrow", "an unknown code"),
    KLING_200(1201, "Image pixel is invalid"),
    KLING_200(1301, "Failure to pass the risk control system"),
    KLING_200(1302, "Too many requests"),
    KLING_200(5000, "Internal server error"),
    PLAIN("kling-string-code", 400, JSON,
          "{'code':'1301','message':'Failure to pass the risk control "
          "system','request_id':'{{uuid}}'}",
          "kling-1301 with the code as a string"),
    PLAIN("kling-null-data", 400, JSON,
          "{'code':1301,'message':'Failure to pass the risk control "
          "system','request_id':'{{uuid}}','data':null}",
          "kling-1301 with data null"),

    /* Errors of Kling, passed on by the gateway */
    FETCH(401, 1000),
    FETCH(401, 1004),
    FETCH(403, 1103),
    FETCH(400, 1200),
    FETCH(400, 1201),
    FETCH(404, 1202),
    FETCH(404, 1203),
    FETCH(400, 1300),
    FETCH(400, 1301),
    FETCH(500, 5000),
    FETCH(503, 5001),
    FETCH(504, 5002),
    PLAIN("fetch-error-object", 400, GIN,
          "{'code':'fail_to_fetch_task','message':'{\\'error\\':{\\'message\\':\\'not "
          "supported\\',\\'type\\':\\'comet_api_error\\',\\'code\\':\\'invalid_"
          "request\\'}}','data':null}",
          "an error object as a JSON string inside of message"),
    PLAIN("fetch-not-json", 502, GIN,
          "{'code':'fail_to_fetch_task','message':'<html>bad "
          "gateway</html>','data':null}",
          "message is not JSON"),
    GATEWAY("gateway-failed", 400, FLAT_BODY("'image_recognize_failed'"),
            "Image pixel is invalid", "Kling refused with HTTP 200; its code is lost"),
    GATEWAY("gateway-saturated", 429, FLAT_BODY("'fail_to_fetch_task'"),
            "当前分组上游负载已饱和，请稍后再试",
            "any 429 of Kling; the gateway replaces its text"),

    /* The gateway's own errors */
    COMET("comet-400", 400, "''", "model name is required",
          "validation failed, code empty"),
    COMET("comet-401", 401, "''", "Invalid token", "key missing, malformed or unknown"),
    COMET("comet-403", 403, "''",
          "This token has no access to model kling-image-recognize",
          "key may not use the model"),
    COMET("comet-429", 429, "''", "您已达到请求数限制：1分钟内最多请求60次",
          "the gateway's own rate limit"),
    COMET("comet-503-model", 503, "'model_not_found'",
          "no available channel for group default and model kling-image-recognize "
          "(distributor)",
          "model_not_found; permanent in spite of the 503"),
    COMET("comet-503-masked", 503, "'service_unavailable'", "service unavailable",
          "any upstream error, masked"),
    COMET("comet-number-code", 400, "400", "bad request", "error.code is a number"),
    COMET("comet-null-code", 500, "null", "internal error", "error.code is null"),
    GATEWAY("comet-500-invalid", 500,
            "{'error':{'message':'{{text}} (request id: "
            "{{gateway_id}})','type':'comet_api_error','param':'','code':'invalid_"
            "request'}}",
            "field image is required",
            "invalid_request; an error of the caller in spite of the 500"),
    GATEWAY("comet-quota", 403, "{'code':null,'message':'{{text}}'}",
            "user quota is not enough", "no credit, as captured from CometAPI"),
    GATEWAY("comet-convert", 500,
            "{'error':{'message':'{{text}}','type':'comet_api_error','code':'convert_"
            "request_failed'}}",
            "not supported model kling-image-recognize", "convert_request_failed"),
    GATEWAY("gateway-401", 401, ERROR_BODY("''", "new_api_error"), "Invalid token",
            "as comet-401, from another gateway of the same family"),
    GATEWAY("gateway-quota", 403, FLAT_BODY("'quota_not_enough'"),
            "user quota is not enough",
            "no credit, as in the source code of the gateway"),
    GATEWAY("gateway-500-request", 500, FLAT_BODY("'do_request_failed'"),
            "dial tcp: connection refused", "the gateway did not reach Kling"),
    GATEWAY("gateway-400-mode", 400, FLAT_BODY("'invalid_request'"),
            "unsupported relay mode", "wrong route on the gateway"),
    GATEWAY("gateway-404", 404,
            "{'error':{'message':'{{text}} ({{method}} "
            "{{path}})','type':'invalid_request_error','param':'','code':''}}",
            "Invalid URL", "unknown path under /kling"),
    PLAIN("gateway-400-text", 400, TEXT, "invalid model name",
          "an error as plain text"),
    PLAIN("gateway-429-empty", 429, NULL, NULL, "rate limit without a body"),
    PLAIN("gateway-413-empty", 413, NULL, NULL, "body too large, without a body"),
    PLAIN(
        "gateway-page", 200, HTML,
        "<!doctype html><html lang='en'><head><title>Gateway</title></head><body><div "
        "id='root'></div></body></html>\n",
        "a web page, as with a wrong base URL"),

    /* The edge in front of the gateway */
    CLOUDFLARE(403, "Attention Required"),
    CLOUDFLARE(429, "You are being rate limited"),
    CLOUDFLARE(502, "Bad gateway"),
    CLOUDFLARE(503, "Service temporarily unavailable"),
    CLOUDFLARE(504, "Gateway time-out"),
    CLOUDFLARE(520, "Web server is returning an unknown error"),
    CLOUDFLARE(521, "Web server is down"),
    CLOUDFLARE(522, "Connection timed out"),
    CLOUDFLARE(523, "Origin is unreachable"),
    CLOUDFLARE(524, "A timeout occurred"),

    /* Unexpected bodies */
    MOVED(301),
    MOVED(302),
    MOVED(307),
    MOVED(308),
    PLAIN("http-200-empty", 200, JSON, NULL, "200 without a body"),
    PLAIN("http-204", 204, NULL, NULL, "204"),
    PLAIN("http-200-text", 200, TEXT, "OK\n", "200 with plain text"),
    PLAIN("http-200-null", 200, JSON, "null", "200 with the JSON null"),
    PLAIN("http-200-list", 200, JSON, "[]", "200 with a JSON list"),
    PLAIN("http-200-string", 200, JSON, "'SUCCEED'", "200 with a JSON string"),
    PLAIN("http-200-truncated", 200, JSON,
          "{'code':0,'message':'SUCCEED','data':{'task_result':{'images':[{'type':'"
          "head_s",
          "JSON that is cut in the middle"),
    PLAIN("http-400-empty", 400, NULL, NULL, "400 without a body"),
    PLAIN("http-408", 408, TEXT, "Request Timeout\n", "request timeout"),
    PLAIN("http-500-empty", 500, NULL, NULL, "500 without a body"),
    PLAIN("http-500-text", 500, TEXT, "Internal Server Error\n", "500 with plain text"),
    PLAIN("http-500-big", 500, TEXT, "{{filler}}", "500 with 2 MiB of text"),
    PLAIN("http-502-truncated", 502, JSON, "{'code':5000,'message':'Inter",
          "502 with JSON that is cut"),
    PLAIN("http-503-empty", 503, NULL, NULL, "503 without a body"),
    PLAIN("http-504-empty", 504, NULL, NULL, "504 without a body"),

    /* The wire */
    WIRED("chunked", WIRE_CHUNKED, "success without a length"),
    WIRED("cut", WIRE_CUT, "closed in the middle of the body"),
    CLOSED("drop", WIRE_DROP, "closed without an answer, after the body was read"),
    CLOSED("drop-early", WIRE_DROP_EARLY,
           "closed without an answer, before the body was read"),
    CLOSED("reset", WIRE_RESET, "as drop, with a TCP reset"),
    CLOSED("hang", WIRE_HANG, "no answer for ten minutes, then closed"),

    /* Errors of the stand-in itself */
    {"standin-misuse", 400, TEXT, "unknown", "klingrec-standin: {{text}}\n", NULL,
     WIRE_WHOLE, ANSWER_EDGE, "the stand-in was asked for an unknown answer"},
};

const size_t standin_answers_table_count =
    sizeof standin_answers_table / sizeof standin_answers_table[0];
