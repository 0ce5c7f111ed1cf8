# Whether docs/monitoring/ agrees with itself and with the documents: metrics
# that exist, alerts that say what to do and lead to a page, a dashboard that
# can be read.  "make monitoring" runs it with Prometheus.
# docs/monitoring/README.md.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Healthcode::Docs qw(slurp document anchor reasons);
use Healthcode::Monitoring qw(rules alerts dashboard expressions plain metrics
                              documented);

my $ROOT = abs_path("$FindBin::Bin/..");
my $DIR  = "$ROOT/docs/monitoring";

my @rules  = rules("$DIR/rules.yml");
my @alerts = alerts("$DIR/rules.yml");
my $tests  = slurp("$DIR/rules.test.yml");
my %type   = documented($ROOT);

cmp_ok(scalar @alerts, '>', 15, 'rules.yml can be read');


# ---- metrics ----

my $dashboard = dashboard("$DIR/dashboard.json");
my %expression = expressions($dashboard);
my %record = map { $_->{record} => 1 } grep { $_->{record} } @rules;

$expression{"rule $_->{expr}"} = $_->{expr} for @rules;
cmp_ok(scalar keys %expression, '>', 50, 'and dashboard.json');

for my $where (sort keys %expression) {
    my $expr = $expression{$where};
    my @unknown = grep { !$type{$_} } metrics($expr);
    is("@unknown", '', (split /\n/, $where)[0] . ': metrics that metrics.md has');
    $expr =~ s/"[^"]*"//g;
    my @lost = grep { !$record{$_} } $expr =~ /\b(\w+:\w+:\w+)/g;
    is("@lost", '', 'and rules that are recorded');
    my @raw = grep { ($type{$_} // '') =~ /counter|histogram/
                     && $expr !~ /(?:rate|increase)\(\s*(?:\w+\()*\s*\Q$_\E/ }
        metrics($expr);
    # what begins with its first request, and what is full
    @raw = () if $where =~ /offset 5m|verdict="other"/ || $where =~ /^variable/;
    is("@raw", '', 'a counter is looked at by its increase');
}


# Words of reasons that are written out exist; "store_.*" is some of them.
my @reasons = map { $_->[0] } reasons(slurp(
    "$ROOT/ngx_http_healthcode_module/core/healthcode_reason.h"));
my (%words, @unknown);
for my $expr (values %expression) {
    $words{$_} = 1 for map { split /\|/ } $expr =~ /\breason(?:=~|!~|!=|=)"([^"]*)"/g;
}
for my $word (grep { !/^\$/ } sort keys %words) {
    push @unknown, $word if $word ne 'other' && !grep { /^(?:$word)$/ } @reasons;
}
cmp_ok(scalar keys %words, '>', 10, 'reasons are named');
is("@unknown", '', 'which exist');

my @rows = map { $_->{cells}[0] =~ /`(\w+)`/g }
    grep { $_->{section} eq 'More refusals than an hour ago' }
    @{ document($ROOT, 'docs/troubleshooting.md')->{rows} };
cmp_ok(scalar @rows, '>', 15, 'and those of the page that helps');
is(join(' ', grep { my $word = $_; !grep { $_ eq $word } @reasons } @rows), '', 'too');


# ---- alerts ----

for my $alert (@alerts) {
    my ($name, $says) = @$alert{qw(alert annotations)};
    like($name, qr/^Healthcode[A-Z]\w+$/, "$name: its name says whose it is");
    like($alert->{labels}{severity} // '', qr/^(critical|warning)$/,
         "$name: a severity");
    like($says->{summary} // '', qr/\S.*\.$/s, "$name: a summary");
    like($says->{description} // '', qr/^At the door: .*\. Now: .*\.$/s,
         "$name: what is seen at the door, and what to do");

    my ($page, $to) = split /#/, $says->{page} // '', 2;
    ok(-f "$ROOT/$page", "$name: its page $page") or next;
    ok((grep { anchor($_->{text}) eq $to } @{ document($ROOT, $page)->{headings} }),
       "$name: has a heading $to");

    my @fires = $tests =~ /ALERTS\{(alertname="$name", alertstate="firing"[^}]*)\}/g;
    cmp_ok(scalar @fires, '>', 0, "$name: a test in which it fires");
    my %used = map { $_ => 1 } map { /\$labels\.(\w+)/g } values %$says;
    is(join(' ', grep { my $label = $_; grep { !/\b$label="/ } @fires }
            sort keys %used), '', "$name: what it says has these labels");
}

my $doc = document($ROOT, 'docs/monitoring/README.md');
is_deeply([ map { "$_->{cells}[0] $_->{cells}[1]" } grep { $_->{head}[0] eq 'alert' }
            @{ $doc->{rows} } ],
          [ map { "`$_->{alert}` $_->{labels}{severity}" } @alerts ],
          'docs/monitoring/README.md lists the alerts');


# ---- the dashboard ----

my @panels = @{ $dashboard->{panels} };
my (%id, %cell, @wrong);

for my $panel (@panels) {
    my ($title, $at) = @$panel{qw(title gridPos)};
    push @wrong, "$title: its id is not its own" if $id{ $panel->{id} }++;
    push @wrong, "$title: too wide" if $at->{x} + $at->{w} > 24;
    for my $y ($at->{y} .. $at->{y} + $at->{h} - 1) {
        for my $x ($at->{x} .. $at->{x} + $at->{w} - 1) {
            push @wrong, "$title: over $cell{\"$x $y\"}" if $cell{"$x $y"};
            $cell{"$x $y"} = $title;
        }
    }
    next if $panel->{type} eq 'row';
    push @wrong, "$title: no description"
        if ($panel->{description} // '') !~ /\.$/;
    push @wrong, "$title: another data source" if grep {
        $_->{datasource}{uid} ne '${datasource}' } $panel, @{ $panel->{targets} };
}
is(join('; ', @wrong), '', 'each panel has its place and the data source');
cmp_ok(scalar @panels, '>', 20, 'there are some');

my %variable = map { $_->{name} => $_ } @{ $dashboard->{templating}{list} };
is_deeply([ sort keys %variable ], [ qw(datasource gate instance issuer server) ],
          'variables to choose by');
is($variable{datasource}{type}, 'datasource', 'one is the data source');
my %named = map { $_ => 1 } map { /\$(\w+)/g } map { $_ // '' } %expression;
is(join(' ', grep { !/^__/ && !$variable{$_} } sort keys %named), '',
   'and no other is used');

done_testing();
