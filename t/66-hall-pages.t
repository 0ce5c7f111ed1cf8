# The files of the demo's pages, which no program makes: the same words in both
# languages, each of them used, no script or style inside a page, and nothing from
# elsewhere.  How they look and work is for t/browser/hall.t.  docs/demo.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Docs qw(slurp);
use Healthcode::Fixture;

my $pages = "$Healthcode::Fixture::ROOT/tools/demo/pages";
my %file = map { s{.*/}{}r => slurp($_) } glob "$pages/*";
my @html = grep { /\.html$/ } sort keys %file;
my $scripts = join '', map { $file{$_} } grep { /\.js$/ && $_ ne 'texts.js' } sort keys %file;


# ---- words ----

# {NAME => 1} of a language
sub names {
    my ($lang) = @_;
    my ($all) = $file{'texts.js'} =~ /^const $lang = \{(.*?)^\};/ms;
    return { map { $_ => 1 } ($all // '') =~ /^ {4}'([\w.]+)':/mg };
}

my %texts = map { $_ => names($_) } qw(en zh);
is_deeply([ sort keys %{ $texts{zh} } ], [ sort keys %{ $texts{en} } ],
          'both languages have the same words');
cmp_ok(scalar keys %{ $texts{en} }, '>', 50, 'they were found');

my %used = map { $_ => 1 } $scripts =~ /'([a-z]+(?:\.[a-z0-9]+)*)'/g;
for my $name (@html) {
    $used{$_}++ for $file{$name} =~ /data-t="([^"]+)"/g;
    $used{"$_.title"}++ for map { $_ =~ s/\.title//r } $file{$name} =~ /data-title="([^"]+)"/g;
}
# these are put together
$used{$_}++ for map { ("guard.$_", "guard.$_.do") } qw(pass stop check renew busy);
$used{$_}++ for map { ("operator.$_", "operator.$_.of") } qw(suspend resume);

is_deeply([ grep { !$used{$_} } sort keys %{ $texts{en} } ], [], 'no word is left over');
is_deeply([ grep { !$texts{en}{$_} } map { $file{$_} =~ /data-t="([^"]+)"/g } @html ], [],
          'each word of a page is there');
is_deeply([ grep { !$texts{en}{$_} } $scripts =~ /\bt\('([\w.]+)'(?! \+)/g ], [],
          'each word of a script is there');

for my $name (sort keys %{ $texts{en} }) {
    my @values = map { my $lang = $_;
                       my ($text) = $file{'texts.js'} =~ /^const $lang = .*?'\Q$name\E':(.*?)',?\n/ms;
                       join ' ', sort(($text // '') =~ /\{\w+\}/g) } qw(en zh);
    is($values[1], $values[0], "$name has the same values in both languages")
        if "@values" =~ /\S/;
}


# ---- what a page may have ----

for my $name (@html) {
    my $page = $file{$name};
    my ($policy) = $page =~ /http-equiv="Content-Security-Policy" content="([^"]+)"/;
    like($policy, qr/default-src 'none'; script-src 'self';/, "$name: its policy");
    unlike($policy, qr/unsafe|\*|https?:|blob:/, "$name: which lets nothing else in");
    unlike($page, qr/<script(?![^>]* src="\w+\.js")/, "$name: no script inside");
    unlike($page, qr/<style|\sstyle=|\son\w+=/, "$name: no style and no handler inside");
    like($page, qr/<p class="demo" data-t="demo\.note">/, "$name: says that it is a demo");
    is(join(' ', grep { !$file{$_} && !/^(data:,|status|\.\/)$/ }
            $page =~ /(?:src|href|data-page)="([^"]*)"/g), '', "$name: what it names is here");
}

unlike($_, qr{\bhttps?://(?!www\.w3\.org/2000/svg)}, 'no file names another site')
    for values %file;
unlike($scripts, qr/\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval|Function)\b/,
       'no text becomes markup or a program');

done_testing;
