# healthcode_status as a page: who gets it, in which language, what its headers
# allow, and that nothing of the configuration is markup in it.  How it looks and
# lives is for t/browser/.  docs/monitoring/page.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_base64);
use JSON::PP ();
use Test::More;

use Healthcode::Docs qw(slurp reasons);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Nginx;
use Healthcode::Process;

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $pages = "$Healthcode::Fixture::ROOT/ngx_http_healthcode_module/pages";
my $evil  = q(<script>alert(1)</script>&<!--);

my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
${\ $f->http_conf}
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location = /any { healthcode_status; }
    location = /html { healthcode_status html; }
    location = /json { healthcode_status json; }
    location = /prometheus { healthcode_status prometheus; }
    location /t { healthcode on; healthcode_name '$evil'; alias $site/passed; }
}
END

is($nginx->ask($alice), 200, 'a request at a gate with a name that is markup');
is($nginx->ask('x'), '401 malformed', 'and another one');


# The answer to these Accept and Accept-Language headers.
sub page {
    my ($uri, $accept, $language, %opt) = @_;
    return get($nginx->sock, $uri, [
        defined $accept ? "Accept: $accept" : (),
        defined $language ? "Accept-Language: $language" : () ], %opt);
}


sub json_of { JSON::PP->new->utf8->decode($_[0]) }


# ---- who gets it ----

my $BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
my $PROMETHEUS = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;'
    . 'q=0.3,*/*;q=0.2';
my %TYPE = (html => 'text/html; charset=utf-8', json => 'application/json',
            text => 'text/plain; version=0.0.4; charset=utf-8');

for my $row (
    [ '/any', undef, 'json' ], [ '/any', '*/*', 'json' ], [ '/any', 'text/html', 'html' ],
    [ '/any', $BROWSER, 'html' ], [ '/any', $PROMETHEUS, 'text' ],
    [ '/any', 'application/json', 'json' ], [ '/any', 'image/png', 'json' ],
    [ '/html', undef, 'html' ], [ '/html', '*/*', 'html' ], [ '/html', $BROWSER, 'html' ],
    [ '/html', 'application/json', 'json' ], [ '/html', 'text/plain', 'html' ],
    [ '/html', $PROMETHEUS, 'html' ],
    [ '/html', 'text/html;q=0.5,application/json', 'json' ],
    [ '/json', $BROWSER, 'json' ], [ '/prometheus', $BROWSER, 'text' ],
) {
    my ($uri, $accept, $kind) = @$row;
    my $answer = page($uri, $accept);
    my $what = "$uri, Accept: " . ($accept // '(none)');
    is($answer->{status}, 200, "$what: it answers");
    is($answer->{header}{'content-type'}, $TYPE{$kind}, "$what: as $kind");
    is($answer->{header}{vary}, $kind eq 'html' ? 'Accept, Accept-Language'
        : $uri =~ /any|html/ ? 'Accept' : undef, "$what: Vary");
    is($answer->{header}{'cache-control'}, 'no-store', "$what: nobody keeps it");
}

is(page('/html', undef, undef, method => 'POST')->{status}, 405, 'it takes no POST');
is(page('/html', undef, undef, method => 'HEAD')->{body}, '', 'HEAD has no body');


# ---- the language ----

for my $row ([ undef, 'en' ], [ 'en', 'en' ], [ 'fr', 'en' ], [ 'zh', 'zh-CN' ],
             [ 'zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN' ], [ 'en-GB,zh;q=0.9', 'en' ],
             [ 'en;q=0.2,zh-TW;q=0.3', 'zh-CN' ], [ 'en;q=0,*', 'zh-CN' ])
{
    my ($asked, $told) = @$row;
    my $answer = page('/html', $BROWSER, $asked);
    my $what = 'Accept-Language: ' . ($asked // '(none)');
    is($answer->{header}{'content-language'}, $told, "$what: Content-Language");
    like($answer->{body}, qr/^<html lang="$told">$/m, "$what: and in the page");
    like($answer->{body}, $told eq 'en' ? qr/<h2 id="now-head">Now</
        : qr/<h2 id="now-head">\xe5\xbd\x93\xe5\x89\x8d</, "$what: as its texts are");
}


# ---- what it may do ----

my $answer = page('/html', $BROWSER);
my $body = $answer->{body};

is($answer->{header}{'x-content-type-options'}, 'nosniff', 'no guess at its type');
is($answer->{header}{'referrer-policy'}, 'no-referrer', 'its address stays here');

my ($style) = $body =~ m{<style>(.*?)</style>}s;
my ($script) = $body =~ m{<script>(.*?)</script>}s;
is($answer->{header}{'content-security-policy'},
   "default-src 'none'; style-src 'sha256-" . sha256_base64($style)
   . "='; script-src 'sha256-" . sha256_base64($script)
   . "='; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
   . "frame-ancestors 'none'", 'it runs its own script and style alone');
is(() = $body =~ /<script/g, 3, 'there is no other script');
unlike($body =~ s{<script.*?</script>}{}gsr, qr/<[^>]*\s(?:on\w+|style)=/,
       'nothing is written that this policy would not allow');
is(join(' ', grep { !m{^http://www\.w3\.org/2000/svg} } $body =~ m{\bhttps?://\S+}g), '',
   'and nothing of elsewhere is named');
cmp_ok(length($body) - length(page('/html', 'application/json')->{body}), '<', 60_000,
       'it is small');
unlike($script, qr/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/,
       'its script makes no markup of text');


# ---- what is in it ----

my ($data) = $body =~ m{<script type="application/json" id="data">\n(.*?)</script>}s;
is_deeply(json_of($data)->{requests},
          json_of(page('/html', 'application/json')->{body})->{requests},
          'the page has the numbers in it');
is((grep { $_->{gate} eq $evil } @{ json_of($data)->{requests} }), 2,
   'a gate with a name that is markup among them');
unlike($data, qr/[<>&]/, 'as data that ends nothing');
like($body, qr{<th scope="row">&lt;script&gt;alert\(1\)&lt;/script&gt;&amp;&lt;!--</th>},
     'and as text for a reader without script');
like($body, qr{<caption>requests</caption>\n<thead><tr><th scope="col">gate</th>},
     'in a table');

is($nginx->stop, 0, 'the gate ends by itself');
is(join("\n", grep { /\[(error|alert|crit|emerg)\]/ } split /\n/, $nginx->error_log), '',
   'nothing wrong is in its log');


# ---- texts ----

my (%texts, $name, @names);
for (split /\n/, slurp("$pages/status.texts")) {
    next if /^#|^$/;
    if (/^    (\w+) (.+)/) { $texts{$name}{$1} = $2 } else { push @names, $name = $_ }
}

my $html = slurp("$pages/status.html");
my %told = map { $_ => 1 } $html =~ /\{\{([\w.]+)\}\}/g, $script =~ /\bt\(\s*'([\w.]+)'/g;
my %used = (lang => 1, %told, map { $_ => 1 } $script =~ /'([\w.]+)'/g);

for (@names) {
    my %of = %{ $texts{$_} };
    is(join(' ', sort keys %of), 'en zh', "$_: is told in both languages");
    is(join(' ', sort $of{zh} =~ /\{\w+\}/g), join(' ', sort $of{en} =~ /\{\w+\}/g),
       "$_: with the same words to put in");
    like($of{zh}, /^(?:of|lang)$/ ? qr/./ : qr/[\x80-\xff]/, "$_: the one is Chinese");
    like($of{en}, qr/^[\x20-\x7e\xc2\xb5]+$/, "$_: the other is not");
    ok($used{$_} || /^(?:reason|verdict)\.\w/, "$_: is used");
    delete $told{$_};
}
is(join(' ', sort keys %told), '', 'each text that is told is there');

my @reasons = reasons(slurp("$pages/../core/healthcode_reason.h"));
my %reasons = map { $_->[0] => 1 } @reasons;
is(join(' ', grep { /^reason\.(\w+)/ && !$reasons{$1} } @names), '',
   'what has words is a reason');

# the page, the report and the bodies of answers name an issuer by one word
like($texts{issuer}{zh}, qr/^\xe7\xad\xbe\xe5\x8f\x91\xe6\x9c\xba\xe6\x9e\x84$/,
     'an issuer in Chinese');
is(() = join('', map { slurp($_) } "$pages/status.texts", "$pages/../core/healthcode_reason.h",
                 "$Healthcode::Fixture::ROOT/tools/healthcode/healthcode_report_words.c")
   =~ /\xe7\xad\xbe\xe5\x8f\x91\xe6\x96\xb9/g, 0, 'and no other word for it');

my ($outages) = $script =~ m{^const OUTAGES = /(.*)/;$}m;
is(join(' ', map { $_->[0] } grep { $_->[0] =~ /$outages/ } @reasons),
   join(' ', map { $_->[0] } grep { $_->[1] == 503 } @reasons),
   'the script knows which of them are answered 503');


# What util/pages.awk makes of texts that are changed: (exit status, output).
sub made {
    my ($change) = @_;
    my $texts = slurp("$pages/status.texts");
    $change->($texts);
    my $path = $f->write('status.texts', $texts);
    my $process = Healthcode::Process->spawn([ 'awk', '-f',
        "$Healthcode::Fixture::ROOT/util/pages.awk", $path,
        map { "$pages/status.$_" } qw(css js html) ]);
    return ($process->wait(20) >> 8, $process->output);
}

is((made(sub {}))[0], 0, 'the page is made');
for my $row (
    [ 'a text in one language alone', sub { $_[0] =~ s/^now\n.*\n\K.*\n//m },
      qr/"now" is not told in zh/ ],
    [ 'a text that is not there', sub { $_[0] =~ s/^now\n.*\n.*\n//m },
      qr/there is no text "now"/ ],
    [ 'a text twice', sub { $_[0] .= "now\n    en x\n    zh x\n" }, qr/has "now" twice/ ],
) {
    my ($what, $change, $said) = @$row;
    my ($status, $out) = made($change);
    is($status, 1, "$what: no page is made");
    like($out, $said, "$what: which is said");
}

done_testing;
