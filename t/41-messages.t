# Whether docs/messages.md has every message that the module can write: the
# strings of the C sources are compared with the first words in its tables, in
# both directions.  Starts nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use Healthcode::Docs qw(document slurp);

my $ROOT   = "$FindBin::Bin/..";
my $SOURCE = "$ROOT/ngx_http_healthcode_module";

# Sentences of the sources that are not messages of their own.
my %NOT_TOLD = map { $_ => 1 } (
    'one value or more', 'one or two values',     # of "... takes ..."
    ' in server "', ' in server "" in :',         # the place of a message
    'a key of ',                                  # of "... skips ..."
    ' at offset X',                               # the place in a pattern
    ' { healthcode off; }"', 'healthcode off;" there',    # what to write
    'healthcode keys 2',                          # the name of a zone
    'X, error="invalid_token", error_description="X"',    # a header
    'text/plain; version=0.0.4; charset=utf-8',
    "default-src 'none'; style-src 'sha256-X'; script-src 'sha256-X'; "
    . "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    . "frame-ancestors 'none'",
    ', error="invalid_token", error_description=""',      # its length
    "default-src 'none'; style-src XXX; img-src 'self' data:; base-uri 'none'; "
    . "form-action 'none'; frame-ancestors 'self'",
    '<link rel="stylesheet" href="page.css">',            # of a page
    '~healthcode:hall:* +evalsha +script|load +time +hget +hset +hdel +pexpire '
    . '+pttl +zadd +zrem +zscore +zcard +zcount +zrangebyscore +zrangebylex '
    . '+zremrangebyscore',                                # of "... needs ..."
    '~healthcode:mark:* +evalsha +script|load +hget +set +get',
    'Open your code again', 'Have a wrong result corrected',   # of a text
);


# A file of texts that another page has: docs/monitoring/metrics.md, which
# t/36-counters.t compares.
my $METRICS = qr/_status_(data|halls|nodes|prometheus|issuers|state|stores)\.c$/;


# The source without comments, character constants, debug lines, assertions and
# lines of the preprocessor that only include.
sub plain {
    my ($text) = @_;
    my $string = qr/"(?:[^"\\]|\\.)*"/;
    $text =~ s{($string)|/\*.*?\*/|'(?:[^'\\]|\\.)'}{$1 // ' 0 '}gse;
    $text =~ s/\\\n/ /g;
    $text =~ s/^\s*#\s*include.*$//mg;
    $text =~ s/\b(?:ngx_log_debug\d|static_assert|_Static_assert)\s*
               (\((?:[^()"]|$string|(?1))*\))//gx;
    return $text;
}


# What a person reads of a format: "X" stands for each specifier.
sub said {
    my ($text) = @_;
    $text =~ s/\\(["\\])/$1/g;
    $text =~ s/%(?:-?\d+|\.\*|\*)?(?:z|l+)?(?:uz|ui|uL|uA|[VsdLTiMuxc])/X/g;
    $text =~ s/%Z//g;
    return $text;
}


# Each message of a source, and its level where a log call says it: strings of
# log calls, strings that are returned, and all that reads like a sentence.
sub messages {
    my ($text) = @_;
    my $string = qr/"(?:[^"\\]|\\.)*"/;
    my $joined = qr/(?:\bngx_\w+_n\s+)?$string(?:\s*(?:$string|[A-Z][A-Z_]{4,}\b))*/;
    my @messages;
    $text = plain($text);

    while ($text =~ /(?:(?:\b|_)log_error\s*\(([^"();]*)|(\breturn\s+))?
                     ($joined)/gx) {
        my ($called, $returned, $literal) = ($1, $2, $3);
        my $message = said(join '',
            map { /^"(.*)"$/s ? $1 : 'X' } $literal =~ /$string|\b\w+/g);
        my $words = () = $message =~ /[a-z]{2,}/g;
        my $blanks = () = $message =~ / /g;
        next if !($words && (defined $called
                             || $returned && $message =~ /\w \w|duplicate/)
                  || $words > 1 && $blanks > 1);
        push @messages, [ $message, ($called // '') =~ /NGX_LOG_(\w+)/ ];
    }
    return grep { !$NOT_TOLD{ $_->[0] } && $_->[0] =~ /[a-z]{2}.*[a-z]{2}/ }
        @messages;
}


my (%from, %level);
for my $file (grep { !/$METRICS/ } map { glob "$SOURCE/$_" } qw(core/*.c redis/*.c nginx/*.[ch] nginx/*/*.[ch])) {
    my $short = $file =~ s{^\Q$SOURCE\E/}{}r;
    for my $told (messages(slurp($file))) {
        my ($message, $level) = @$told;
        $from{$message} //= $short;
        $level{$message} = lc($level) =~ s/^err$/error/r if $level;
    }
}
cmp_ok(scalar keys %from, '>', 200, 'the sources have messages');


# ---- what is documented ----

my $doc = document($ROOT, 'docs/messages.md');
my @rows;

for my $row (@{ $doc->{rows} }) {
    next if $row->{head}[0] ne 'message';
    for my $words (map { /`([^`]+)`/g } $row->{section} eq 'What Redis refused'
                   ? @{ $row->{cells} } : $row->{cells}[0])
    {
        my $pattern = join '.*?', map { quotemeta } split /\.\.\./, $words, -1;
        my $level = $row->{head}[1] eq 'level' ? $row->{cells}[1] =~ s/`//gr
            : $row->{section} eq 'nginx -t refuses' ? 'emerg' : $row->{section};
        push @rows, { line => $row->{line}, words => $words,
                      like => qr/^$pattern/, level => $level };
    }
}

my (%documented, @idle, @wide);
for my $row (@rows) {
    my @mine = grep { $_ =~ $row->{like} } keys %from;
    push @{ $documented{$_} }, $row for @mine;
    push @idle, $row if !@mine && $row->{words} !~ /^[A-Z]+(?: [A-Z]+)?(?: index)? \.\.\.$/;
}

is(join("\n", map { "$from{$_}: $_" }
        grep { !$documented{$_} } sort keys %from), '',
   'docs/messages.md has every message of the sources');
is(join("\n", map { "$_->{line}: $_->{words}" } @idle), '',
   'and none that the sources do not have');

# A row that is too short would hide a message that is new.
for my $row (@rows) {
    my @only = grep { @{ $documented{$_} || [] } == 1
                      && $documented{$_}[0] == $row } keys %from;
    push @wide, "$row->{line}: $row->{words}: " . join ' / ', sort @only
        if @only > 1;
}
is(join("\n", @wide), '', 'each of its rows stands for one message');

is(join("\n", map { my $message = $_; map { "$_->{line}: $_->{words}: $level{$message}" }
                    grep { $_->{level} =~ /^[a-z]+$/ && $_->{level} ne $level{$message} }
                    @{ $documented{$message} || [] } } sort keys %level), '',
   'and the level is that of the sources');

done_testing();
