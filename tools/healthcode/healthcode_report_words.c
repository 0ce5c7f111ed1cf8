/*
 * The words of a report in English and in Chinese, and what its parts have in
 * common.  Knows no file.  docs/monitoring/log.md, "A gate's day".
 */

#include <stdio.h>

#include "core/healthcode_reason.h"
#include "core/healthcode_text.h"
#include "healthcode_report.h"


/* English, Chinese. */
static const char  *const healthcode_report_texts[][2] = {
    [HEALTHCODE_REPORT_LANG] = { "en", "zh-CN" },
    [HEALTHCODE_REPORT_TITLE_DAY] = { "Gate report", "门禁日报" },
    [HEALTHCODE_REPORT_TITLE_PERIOD] = { "Gate report for a period",
                                         "门禁时段报告" },
    [HEALTHCODE_REPORT_GATE] = { "Gate", "门禁" },
    [HEALTHCODE_REPORT_ALL_GATES] = { "all gates", "全部门禁" },
    [HEALTHCODE_REPORT_DAY] = { "Day", "日期" },
    [HEALTHCODE_REPORT_PERIOD] = { "Period", "时段" },
    [HEALTHCODE_REPORT_MADE] = { "Made", "生成" },
    [HEALTHCODE_REPORT_SOURCE] = { "From", "来源" },
    [HEALTHCODE_REPORT_LINES] = {
        "lines of logs: %llu counted, %llu of other gates, %llu of other days, "
        "%llu of another kind, %llu too long",
        "日志行：计入 %llu，其他门禁 %llu，其他日期 %llu，"
        "其他内容 %llu，过长 %llu" },
    [HEALTHCODE_REPORT_SCRAPES] = { "two readings of the counters",
                                    "计数器的两次读数" },
    [HEALTHCODE_REPORT_ANEW] = {
        "The counters began anew in between (%s); what was counted before that "
        "is missing.",
        "其间计数器曾重新开始（%s），此前的计数缺失。" },
    [HEALTHCODE_REPORT_REQUESTS] = { "Requests", "请求" },
    [HEALTHCODE_REPORT_ALLOWED] = { "Allowed", "放行" },
    [HEALTHCODE_REPORT_REFUSED] = { "Refused", "拒绝" },
    [HEALTHCODE_REPORT_OVERRULED] = { "Overruled", "另行放行" },
    [HEALTHCODE_REPORT_UNDECIDED] = { "No verdict", "未判定" },
    [HEALTHCODE_REPORT_AUDITED] = { "Audited", "审计" },
    [HEALTHCODE_REPORT_BY_HOUR] = { "By hour", "按小时" },
    [HEALTHCODE_REPORT_BY_ISSUER] = { "By issuer", "按签发机构" },
    [HEALTHCODE_REPORT_BY_REASON] = { "By reason", "按原因" },
    [HEALTHCODE_REPORT_BY_GATE] = { "By gate", "按门禁" },
    [HEALTHCODE_REPORT_TOTAL] = { "Total", "合计" },
    [HEALTHCODE_REPORT_OTHER] = { "(others)", "（其余）" },
    [HEALTHCODE_REPORT_NOBODY] = { "(none)", "（无）" },
    [HEALTHCODE_REPORT_LEGEND] = {
        "Overruled: refused by the gate, but another access rule let the "
        "request in. No verdict: the request ended first, or is counted as "
        "\"other\". Audited: judged by a gate that lets every request go on.",
        "另行放行：门禁拒绝，但另一访问规则放行。"
        "未判定：判定前请求已结束，或计入 other。"
        "审计：门禁只作判定，请求一律放行。" },
    [HEALTHCODE_REPORT_ABORTED] = { "The request ended before the verdict",
                                    "判定前请求已结束" },
    [HEALTHCODE_REPORT_STOP] = { ".", "。" },
};


const char *
healthcode_report_word(const healthcode_report_t *report,
    healthcode_report_word_e word)
{
    return healthcode_report_texts[word][report->zh];
}


const char *
healthcode_report_headline(const healthcode_report_t *report)
{
    return healthcode_report_word(report, report->day.n
                                          ? HEALTHCODE_REPORT_TITLE_DAY
                                          : HEALTHCODE_REPORT_TITLE_PERIOD);
}


healthcode_str_t
healthcode_report_title(const healthcode_report_t *report,
    healthcode_str_t reason)
{
    const char        *aborted;
    healthcode_str_t   none = { NULL, 0 };

    for (unsigned i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        if (healthcode_str_equal(healthcode_reason_word(i), reason)) {
            return healthcode_reason_title_in(i, report->zh
                                                 ? HEALTHCODE_LANGUAGE_ZH
                                                 : HEALTHCODE_LANGUAGE_EN);
        }
    }

    if (healthcode_str_equal(reason, healthcode_str("aborted"))) {
        aborted = healthcode_report_word(report, HEALTHCODE_REPORT_ABORTED);
        return healthcode_str_from(aborted, strlen(aborted));
    }

    return none;
}


void
healthcode_report_columns(const healthcode_summary_counts_t *counts,
    uint64_t columns[HEALTHCODE_REPORT_COLUMNS])
{
    columns[0] = healthcode_summary_all(counts);
    columns[1] = counts->of[HEALTHCODE_EVENT_ALLOW];
    columns[2] = counts->of[HEALTHCODE_EVENT_DENY];
    columns[3] = counts->of[HEALTHCODE_EVENT_OVERRULED];
    columns[4] = counts->of[HEALTHCODE_EVENT_NONE];
    columns[5] = healthcode_summary_audited(counts);
}


const char *
healthcode_report_gate(char *text, const healthcode_report_t *report)
{
    if (report->gate) {
        (void) healthcode_text_escape(healthcode_str_from(report->gate,
                                                          strlen(report->gate)),
                                      text, HEALTHCODE_REPORT_FACT);
    } else {
        snprintf(text, HEALTHCODE_REPORT_FACT, "%s",
                 healthcode_report_word(report, HEALTHCODE_REPORT_ALL_GATES));
    }

    return text;
}


const char *
healthcode_report_when(char *text, const healthcode_report_t *report)
{
    char  from[HEALTHCODE_DAY_TIME], to[HEALTHCODE_DAY_TIME];
    bool  is_day = report->day.n != 0;

    if (is_day) {
        healthcode_day_time(from, report->day.start);
        healthcode_day_time(to, report->day.end);
    } else {
        healthcode_day_time(from, report->from);
        healthcode_day_time(to, report->to);
    }

    snprintf(text, HEALTHCODE_REPORT_FACT, "%s%s%s - %s%s",
             is_day ? report->date : "", is_day ? " (" : "",
             is_day || report->from ? from : "?",
             is_day || report->to ? to : "?", is_day ? ")" : "");

    return text;
}


const char *
healthcode_report_source(char *text, const healthcode_report_t *report)
{
    int                               len = 0;
    char                              since[HEALTHCODE_DAY_TIME];
    const healthcode_report_lines_t  *lines = &report->lines;

    if (report->day.n) {
        snprintf(text, HEALTHCODE_REPORT_FACT,
                 healthcode_report_word(report, HEALTHCODE_REPORT_LINES),
                 lines->counted, lines->other_gate, lines->other_day,
                 lines->other_kind, lines->too_long);

        return text;
    }

    len = snprintf(text, HEALTHCODE_REPORT_FACT, "%s",
                   healthcode_report_word(report, HEALTHCODE_REPORT_SCRAPES));

    if (report->anew) {
        healthcode_day_time(since, report->since);
        len += snprintf(text + len, HEALTHCODE_REPORT_FACT - (size_t) len,
                        "%s%s",
                        healthcode_report_word(report, HEALTHCODE_REPORT_STOP),
                        report->zh ? "" : " ");
        snprintf(text + len, HEALTHCODE_REPORT_FACT - (size_t) len,
                 healthcode_report_word(report, HEALTHCODE_REPORT_ANEW),
                 report->since ? since : "?");
    }

    return text;
}


void
healthcode_report_facts(const healthcode_report_t *report,
    void (*add)(const char *name, const char *fact))
{
    char  fact[HEALTHCODE_REPORT_FACT], made[HEALTHCODE_DAY_TIME];

    add(healthcode_report_word(report, HEALTHCODE_REPORT_GATE),
        healthcode_report_gate(fact, report));
    add(healthcode_report_word(report, report->day.n
                                       ? HEALTHCODE_REPORT_DAY
                                       : HEALTHCODE_REPORT_PERIOD),
        healthcode_report_when(fact, report));
    add(healthcode_report_word(report, HEALTHCODE_REPORT_SOURCE),
        healthcode_report_source(fact, report));
    add(healthcode_report_word(report, HEALTHCODE_REPORT_MADE),
        healthcode_day_time(made, report->made));
}


const char *
healthcode_report_name(char *text, const healthcode_report_t *report,
    const healthcode_summary_row_t *row)
{
    healthcode_str_t  name = healthcode_summary_name(row);

    if (healthcode_str_equal(name, healthcode_str("-"))) {
        snprintf(text, HEALTHCODE_REPORT_FACT, "%s",
                 healthcode_report_word(report, HEALTHCODE_REPORT_NOBODY));
    } else {
        (void) healthcode_text_escape(name, text, HEALTHCODE_REPORT_FACT);
    }

    return text;
}


size_t
healthcode_report_width(healthcode_str_t text, size_t *len)
{
    const uint8_t  *first = text.data;

    (void) healthcode_text_first(text, len);

    /* U+2E80 and above, which are those of East Asia with few exceptions */

    return *len == 4
           || (*len == 3 && (first[0] > 0xe2
                             || (first[0] == 0xe2 && first[1] >= 0xba)))
           ? 2 : 1;
}


void
healthcode_report_tables(const healthcode_report_t *report,
    healthcode_report_table_t tables[HEALTHCODE_REPORT_TABLES])
{
    const healthcode_summary_t  *summary = &report->summary;

    tables[0] = (healthcode_report_table_t) { HEALTHCODE_REPORT_BY_ISSUER,
                                              "issuer", &summary->issuers };
    tables[1] = (healthcode_report_table_t) { HEALTHCODE_REPORT_BY_REASON,
                                              "reason", &summary->reasons };
    tables[2] = (healthcode_report_table_t) { HEALTHCODE_REPORT_BY_GATE,
                                              "gate", &summary->gates };
}
