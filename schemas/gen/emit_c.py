"""The model as C: event/events.{h,c} (enums, shapes, events, states) and policy/pack_types.{h,c}.

How a JSON field looks in C is said once, in the head of events.h below. The tables (struct type_desc,
event/desc.h) are data for one walker each: decode, encode, compare.
"""

NOTICE = "/* Generated from schemas/ by schemas/gen/gen.py. Do not edit. */\n"

HEAD = """
/* Enums, structs and descriptors of every event and state.
 *
 * A JSON field in C: string → const char * (NULL = absent); integer → int64_t, with bool has_x when
 * optional; boolean → bool (absent = false); enum → enum (0 = absent); date-time → int64_t x_ms, with
 * has_x when optional; object → const struct * (NULL = absent, never NULL after decoding when
 * required); array → n_x and x. What pointers point to lives in an arena. */
"""

C_TYPES = {"string": "const char *", "int": "int64_t ", "bool": "bool ", "time": "int64_t "}
KINDS = {"string": "FIELD_STRING", "int": "FIELD_INT", "bool": "FIELD_BOOL", "time": "FIELD_TIME",
         "enum": "FIELD_ENUM", "object": "FIELD_OBJECT"}


def comment(text):
    return text.replace("*/", "* /")


def constant(enum, value):
    return f"{enum.c}_{value}".upper()


def event_constant(event):
    return "EV_" + event.c.removeprefix("ev_").upper()


def emit_enum(enum):
    lines = [f"/* {comment(enum.doc)} */"] if enum.doc else []
    first = [] if enum.own_none else [f"    {enum.c.upper()}_ABSENT = 0,"]
    lines += [f"enum {enum.c} {{", *first]
    lines += [f"    {constant(enum, v)}," for v in enum.values]
    lines += ["};"]
    if enum.own_none:
        lines += [f"enum {{ {enum.c.upper()}_COUNT = {len(enum.values)} }};",
                  f"extern const char *const {enum.c}_names[];"]
    lines += [f"extern const struct enum_desc {enum.c}_enum;",
              f"const char *{enum.c}_name(enum {enum.c} v);",
              f"bool {enum.c}_parse(const char *name, enum {enum.c} *out);", ""]
    return "\n".join(lines) + "\n"


def member_type(f):
    if f.kind == "enum":
        return f"enum {f.target.c} "
    if f.kind == "object":
        return f"const struct {f.target} *" if not f.array else f"struct {f.target} "
    return C_TYPES[f.kind]


def emit_member(f):
    note = f" /* {comment(f.doc)} */" if f.doc else ""
    if f.array:
        star = {"string": "const char *const *"}.get(f.kind, f"const {member_type(f)}*")
        return f"    int n_{f.c};\n    {star}{f.c};{note}"
    line = f"    {member_type(f)}{f.c};{note}"
    if f.kind in ("int", "time") and not f.required:
        line = f"    bool has_{f.json};\n" + line
    return line


def emit_struct(s):
    doc = f"/* {comment(s.doc)} */\n" if s.doc else ""
    return doc + f"struct {s.c} {{\n" + "\n".join(emit_member(f) for f in s.fields) + "\n};\n\n"


def emit_enum_table(enum):
    names = ["NULL"] if not enum.own_none else []
    names += [f'"{v}"' for v in enum.values]
    return (
        f"{'' if enum.own_none else 'static '}const char *const {enum.c}_names[] = {{\n    {', '.join(names)},\n}};\n"
        f'const struct enum_desc {enum.c}_enum = {{"{enum.c}", {enum.c}_names, {len(names)}}};\n'
        f"const char *{enum.c}_name(enum {enum.c} v) {{ return enum_name(&{enum.c}_enum, (int)v); }}\n"
        f"bool {enum.c}_parse(const char *name, enum {enum.c} *out)\n{{\n"
        f"    int v;\n    if (!enum_parse(&{enum.c}_enum, name, &v)) return false;\n"
        f"    *out = (enum {enum.c})v;\n    return true;\n}}\n\n"
    )


def emit_field_row(s, f):
    row = [f'.name = "{f.json}"', f".kind = {KINDS[f.kind]}"]
    if f.required:
        row.append(".required = true")
    row.append(f".offset = offsetof(struct {s.c}, {f.c})")
    if f.array:
        row += [".array = true", f".aux = offsetof(struct {s.c}, n_{f.c})"]
    elif f.kind in ("int", "time") and not f.required:
        row += [".has_aux = true", f".aux = offsetof(struct {s.c}, has_{f.json})"]
    if f.kind == "enum":
        row.append(f".values = &{f.target.c}_enum")
    if f.kind == "object":
        row.append(f".type = &{f.target}_desc")
    return "    {" + ", ".join(row) + "},\n"


def emit_desc(s, static):
    scope = "static " if static else ""
    return (
        f"static const struct field_desc {s.c}_fields[] = {{\n"
        + "".join(emit_field_row(s, f) for f in s.fields)
        + f"}};\n{scope}const struct type_desc {s.c}_desc = "
        f'{{"{s.title}", sizeof(struct {s.c}), {s.c}_fields, {len(s.fields)}}};\n\n'
    )


def emit_info(event):
    notes = event.notes
    topic = f'"{notes["x-topic"]}"' if "x-topic" in notes else "NULL"
    flags = [".command = true"] if event.title.startswith("command.") else []
    flags += [".local = true"] if notes.get("x-local") else []
    flags += [f'.home = "{notes["x-home"]}"'] if "x-home" in notes else []
    return (
        f'    [{event_constant(event)}] = {{.name = "{event.title}", .ce_type = "redress.{event.title}.v1", '
        f'.topic = {topic}, .producer = "{notes["x-producer"]}", .desc = &{event.c}_desc'
        + "".join(", " + x for x in flags) + "},\n"
    )


INFO_DECLARATIONS = """
/* What is constant about an event type; implemented in common/event/info.c. */
struct event_info {
    const char *name;     /* "intake.registered" */
    const char *ce_type;  /* "redress.intake.registered.v1" */
    const char *topic;    /* "redress.intake.v1"; NULL = local */
    const char *producer; /* "intake" */
    const struct type_desc *desc;
    bool command; /* a person's command: always answered */
    bool local;   /* made inside its service, never on a topic */
    const char *home; /* member that names whose home gets a copy over the exchange; NULL = none */
};
extern const struct event_info event_infos[EV_COUNT]; /* by type; row 0 is empty */

const struct type_desc *event_desc(enum event_type t);
const char *event_name(enum event_type t); /* "" for EV_NONE */
const char *event_ce_type(enum event_type t);
const char *event_topic(enum event_type t);
const char *event_producer(enum event_type t);
bool event_is_command(enum event_type t);
bool event_is_local(enum event_type t);
bool event_has_home(enum event_type t);
/* Whose home gets a copy of an event that has one, among `partitions`: an account's by its key, a case's by its id. */
int64_t event_home(enum event_type t, const void *data, int partitions);
/* By "redress.intake.registered.v1" and by "intake.registered"; false for an unknown one. */
bool event_parse_type(const char *ce_type, enum event_type *out);
bool event_parse_name(const char *name, enum event_type *out);
"""


def guard(name, body):
    return f"{NOTICE}#ifndef {name}\n#define {name}\n{body}\n#endif\n"


def events_h(model):
    enums = [e for e in model.enums if not e.c.startswith("pol_")]
    structs = model.shapes + model.events + model.states
    out = [HEAD, "\n#include <stdbool.h>\n#include <stdint.h>\n\n#include \"event/desc.h\"\n\n"]
    out += [emit_enum(e) for e in enums]
    out += ["/* In the order of their names. */\nenum event_type {\n    EV_NONE = 0,\n"]
    out += [f"    {event_constant(e)},\n" for e in model.events]
    out += [f"}};\nenum {{ EV_COUNT = {len(model.events) + 1} }};\n\n"]
    out += [emit_struct(s) for s in structs]
    out += [f"extern const struct type_desc {s.c}_desc;\n" for s in model.shapes + model.states]
    out += [INFO_DECLARATIONS]
    return guard("REDRESS_EVENT_EVENTS_H", "".join(out))


def events_c(model):
    enums = [e for e in model.enums if not e.c.startswith("pol_")]
    out = [NOTICE, '#include "event/events.h"\n\n#include <stddef.h>\n\n']
    out += [emit_enum_table(e) for e in enums]
    out += [emit_desc(s, False) for s in model.shapes + model.states]
    out += [emit_desc(s, True) for s in model.events]
    out += ["const struct event_info event_infos[EV_COUNT] = {\n"]
    out += [emit_info(e) for e in model.events]
    out += ["};\n"]
    return "".join(out)


def pack_h(model):
    out = ["\n/* The policy pack and the organisation as they stand in their files (see event/events.h for how a\n"
           " * JSON field looks in C). */\n\n#include \"event/events.h\"\n\n"]
    out += [emit_enum(e) for e in model.enums if e.c.startswith("pol_")]
    out += [emit_struct(s) for s in model.policy]
    out += [f"extern const struct type_desc {s.c}_desc;\n" for s in model.policy]
    return guard("REDRESS_POLICY_PACK_TYPES_H", "".join(out))


def pack_c(model):
    out = [NOTICE, '#include "policy/pack_types.h"\n\n#include <stddef.h>\n\n']
    out += [emit_enum_table(e) for e in model.enums if e.c.startswith("pol_")]
    out += [emit_desc(s, False) for s in model.policy]
    return "".join(out)
